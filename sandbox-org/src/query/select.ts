import type { FieldType as SelectedField, Query } from '@jetstreamapp/soql-parser-js';
import type { Reader } from './compare.ts';
import { malformed, noSuchColumn, noSuchRelation } from './query-error.ts';
import { JsonValue, type Cell, type PrintedRecord, type Row, type Schema } from './table.ts';

/** Base of record URLs: `/services/data/v68.0/tooling/sobjects`. */
export type Base = string;

/** Compiles `A.B.Column` against a schema. Throws the API's error for an unknown step. */
export function readerOf(path: string, schema: Schema, soql: string): Reader {
  const steps = path.split('.');
  const last = steps.pop() ?? '';
  const relations: string[] = [];
  let at = schema;
  for (const step of steps) {
    const relation = at.relation(step);
    if (!relation) throw noSuchRelation(soql, step, at.type);
    relations.push(relation.name);
    at = relation.schema;
  }
  const column = at.column(last);
  if (!column) throw noSuchColumn(soql, last, at.type);
  return (row) =>
    relations
      .reduce<Row | null>((from, relation) => from?.related(relation) ?? null, row)
      ?.cell(column) ?? null;
}

/** A record in a response: attributes, then the selected columns and related records. */
export interface Selection {
  readonly columns: string[];
  readonly relations: Map<string, Selection>;
}

export function selectionOf(query: Query, schema: Schema, soql: string): Selection {
  const selection: Selection = { columns: [], relations: new Map() };
  for (const field of query.fields ?? [])
    for (const path of pathsOf(field, query, schema)) add(selection, path.split('.'), schema, soql);
  return selection;
}

function pathsOf(field: SelectedField, query: Query, schema: Schema): string[] {
  switch (field.type) {
    case 'Field':
      return [field.field];
    case 'FieldRelationship':
      return [[...field.relationships, field.field].join('.')];
    case 'FieldFunctionExpression':
      return functionPaths(field.functionName.toUpperCase(), field.parameters, query, schema);
    default:
      throw malformed('only plain and related fields can be selected here');
  }
}

function functionPaths(
  name: string,
  parameters: readonly unknown[],
  query: Query,
  schema: Schema,
): string[] {
  const [parameter] = parameters;
  if (typeof parameter !== 'string') throw malformed(`unexpected parameter of ${name}`);
  if (name === 'TOLABEL' || name === 'FORMAT') return [parameter];
  if (name !== 'FIELDS') throw malformed(`unknown function: ${name}`);
  const which = parameter.toUpperCase();
  const isBounded = query.limit !== undefined && query.limit <= 200;
  if (which !== 'STANDARD' && !isBounded)
    throw malformed('The SOQL FIELDS function must have a LIMIT of at most 200');
  return schema
    .columns()
    .filter((column) => which === 'ALL' || column.endsWith('__c') === (which === 'CUSTOM'));
}

function add(selection: Selection, steps: readonly string[], schema: Schema, soql: string): void {
  const [step = '', ...rest] = steps;
  if (rest.length === 0) {
    const column = schema.column(step);
    if (!column) throw noSuchColumn(soql, step, schema.type);
    if (!selection.columns.includes(column)) selection.columns.push(column);
    return;
  }
  const relation =
    schema.relation(step) ??
    (step.toLowerCase() === schema.type.toLowerCase() ? { name: '', schema } : undefined);
  if (!relation) throw noSuchRelation(soql, step, schema.type);
  if (relation.name === '') return add(selection, rest, schema, soql);
  const below = selection.relations.get(relation.name) ?? { columns: [], relations: new Map() };
  selection.relations.set(relation.name, below);
  add(below, rest, relation.schema, soql);
}

export function print(row: Row, selection: Selection, base: Base): PrintedRecord {
  const record: PrintedRecord = { attributes: attributesOf(row, base) };
  for (const column of selection.columns) record[column] = printCell(row.cell(column));
  for (const [relation, below] of selection.relations) {
    const related = row.related(relation);
    record[relation] = related ? print(related, below, base) : null;
  }
  return record;
}

function attributesOf(row: Row, base: Base): Record<string, string> {
  return row.id === null
    ? { type: row.type }
    : { type: row.type, url: `${base}/${row.type}/${row.id}` };
}

function printCell(cell: Cell): unknown {
  return cell instanceof JsonValue ? cell.value : cell;
}

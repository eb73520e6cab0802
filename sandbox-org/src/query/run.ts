import { parseQuery, type OrderByClause, type Query } from '@jetstreamapp/soql-parser-js';
import { aggregate, isAggregate, isBareCount } from './aggregate.ts';
import { matches, order, type Reader } from './compare.ts';
import { expressionOf, type Expression } from './expression.ts';
import { malformed, noSuchObject } from './query-error.ts';
import { checkBatch, checkCatalogQuery, checkSingleRow, narrowedEntities } from './restrictions.ts';
import { print, readerOf, selectionOf } from './select.ts';
import {
  JsonValue,
  type PrintedRecord,
  type QueryResult,
  type Row,
  type Schema,
  type Table,
} from './table.ts';

const LONGEST_QUERY = 100_000;

/** The tables of one API: `find` ignores case. */
export interface Tables {
  find(name: string): Table | undefined;
}

/** Parses and evaluates a query. Throws ApiError with the API's code and message. */
export function runQuery(soql: string, tables: Tables, base: string): QueryResult {
  const query = parse(soql);
  const table = tables.find(query.sObject ?? '');
  if (!table) throw noSuchObject(soql, query.sObject ?? '');
  const known = table.totals?.get(soql);
  if (known) return known;
  const result = evaluate(query, table, soql, base);
  if (isAggregate(query)) table.totals?.set(soql, result);
  return result;
}

function evaluate(query: Query, table: Table, soql: string, base: string): QueryResult {
  const filter = query.where ? expressionOf(query.where) : null;
  const entities = table.restricted ? checkCatalogQuery(table.schema.type, query, filter) : null;
  const narrowed = entities ?? (table.restricted ? null : narrowedEntities(filter));
  const printable = isAggregate(query) ? null : selectionOf(query, table.schema, soql);
  const rows = window(
    query,
    sorted(query, filtered(table, entities, narrowed, filter, soql), table.schema, soql),
  );
  if (table.restricted) checkBatch(table.schema.type, rows.length);
  const { type } = table.schema;
  if (isBareCount(query)) return { type, totalSize: rows.length, length: 0, slice: () => [] };
  checkSingleRow(query, rows.length);
  if (printable) {
    const slice = (from: number, to: number): PrintedRecord[] =>
      rows.slice(from, to).map((row) => print(row, printable, base));
    return { type, totalSize: rows.length, length: rows.length, slice };
  }
  const groups = aggregate(query, rows, table.schema, soql).slice(0, query.limit);
  return {
    type,
    totalSize: groups.length,
    length: groups.length,
    slice: (from, to) => groups.slice(from, to),
  };
}

function parse(soql: string): Query {
  if (soql.length > LONGEST_QUERY)
    throw malformed(`SOQL statements cannot be longer than ${LONGEST_QUERY} characters.`);
  try {
    return parseQuery(soql);
  } catch (error) {
    const text =
      error instanceof Error ? /but found: '?([^']*)'?/.exec(error.message)?.[1] : undefined;
    throw malformed(`unexpected token: '${text?.trim() || '<EOF>'}'`);
  }
}

function filtered(
  table: Table,
  entities: readonly string[] | null,
  narrowed: readonly string[] | null,
  filter: Expression | null,
  soql: string,
): Row[] {
  const rows = table.rows(narrowed);
  if (!filter) return [...rows];
  const readers = new Map<string, Reader>();
  collect(filter, (path) => {
    const isEntity = entities !== null && path.toLowerCase() === 'entitydefinitionid';
    readers.set(
      path,
      isEntity ? entityReader(table.schema, entities, soql) : readerOf(path, table.schema, soql),
    );
  });
  const kept: Row[] = [];
  for (const row of rows) if (matches(filter, row, readers)) kept.push(row);
  return kept;
}

/** A filter may use an entity's API name or durable id; the row then shows that form. */
function entityReader(schema: Schema, entities: readonly string[], soql: string): Reader {
  const byId = readerOf('EntityDefinitionId', schema, soql);
  const byName = readerOf('EntityDefinition.QualifiedApiName', schema, soql);
  const names = new Set(entities.map((entity) => entity.toLowerCase()));
  return (row) => {
    const name = byName(row);
    return typeof name === 'string' && names.has(name.toLowerCase()) ? name : byId(row);
  };
}

function collect(expression: Expression, see: (path: string) => void): void {
  if (expression.kind === 'compare') see(expression.path);
  else if (expression.kind === 'not') collect(expression.of, see);
  else {
    collect(expression.left, see);
    collect(expression.right, see);
  }
}

function sorted(query: Query, rows: Row[], schema: Schema, soql: string): Row[] {
  const clauses = query.orderBy === undefined || isAggregate(query) ? [] : [query.orderBy].flat();
  const keys = clauses.map((clause) => sortKey(clause, schema, soql));
  return keys.length === 0
    ? rows
    : rows.sort((a, b) => keys.reduce((sign, key) => sign || key(a, b), 0));
}

function sortKey(clause: OrderByClause, schema: Schema, soql: string): (a: Row, b: Row) => number {
  if (!('field' in clause)) throw malformed('functions in ORDER BY are not supported here');
  const read = readerOf(clause.field, schema, soql);
  const sign = clause.order === 'DESC' ? -1 : 1;
  const nullSign = (clause.nulls ?? (sign > 0 ? 'FIRST' : 'LAST')) === 'FIRST' ? 1 : -1;
  return (a, b) => {
    const [x, y] = [read(a), read(b)].map((cell) => (cell instanceof JsonValue ? null : cell));
    if (x === null || y === null) return order(x ?? null, y ?? null) * nullSign;
    return order(x ?? null, y ?? null) * sign;
  };
}

function window(query: Query, rows: Row[]): Row[] {
  const from = query.offset ?? 0;
  if (from > 2000) throw malformed('Maximum SOQL offset allowed is 2000');
  return query.limit === undefined || isAggregate(query)
    ? rows.slice(from)
    : rows.slice(from, from + query.limit);
}

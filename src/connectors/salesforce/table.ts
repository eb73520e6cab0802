import type { Column, CreateTable, TableConstraint, TableType, TagLabel } from '../../openmetadata/entities.ts';
import { entityName, fullyQualifiedName } from '../../openmetadata/names.ts';
import { kindOf, type ObjectKind } from './catalogue.ts';
import { columnsOf, withNotes, type ColumnNotes } from './columns.ts';
import type { DescribedField, DescribedObject } from './describe.ts';
import { fieldProperties, withFittingPicklists, type FieldProperties } from './field-properties.ts';
import { tableProperties, type TableProperties } from './table-properties.ts';

/** What is known of an object besides its describe. */
export interface TableNotes {
  readonly description: string | undefined;
  readonly tags: readonly TagLabel[];
  /** By column name. */
  readonly columns: ReadonlyMap<string, ColumnNotes>;
  readonly properties: TableProperties;
}

export interface TableContext {
  readonly service: string;
  readonly database: string;
  readonly schema: string;
  /** `https://acme.my.salesforce.com`. */
  readonly origin: string;
  /** Names of the objects of this run: foreign keys lead to these alone. */
  readonly selected: ReadonlySet<string>;
}

export interface Table {
  readonly fqn: string;
  readonly request: CreateTable;
  readonly properties: TableProperties;
  /** Columns that SOQL can aggregate. */
  readonly aggregatable: ReadonlySet<string>;
}

const TABLE_TYPES: Readonly<Record<ObjectKind, TableType>> = {
  standard: 'Regular', custom: 'Regular', customSetting: 'Regular', customMetadata: 'Regular', bigObject: 'Regular',
  external: 'External', event: 'Stream', changeEvent: 'Stream', history: 'View', share: 'View', feed: 'View',
};

/** Records of these are kept by Salesforce itself beside the object they belong to; OpenMetadata shows them as views. */
export function tableTypeOf(kind: ObjectKind): TableType {
  return TABLE_TYPES[kind];
}

/** The CreateTableRequest of an object, as far as its describe has it. */
export function tableOf(object: DescribedObject, context: TableContext): Table {
  const name = entityName(object.name);
  const databaseSchema = fullyQualifiedName(context.service, context.database, context.schema);
  const columns = columnsOf(object.fields);
  const tableConstraints = constraintsOf(object.fields, columns, (target) => fullyQualifiedName(context.service, context.database, context.schema, entityName(target), 'Id'), context.selected);
  return {
    fqn: `${databaseSchema}.${fullyQualifiedName(name)}`,
    request: {
      name,
      ...(object.label === '' ? {} : { displayName: object.label }),
      tableType: tableTypeOf(kindOf(object)),
      columns,
      ...(tableConstraints.length === 0 ? {} : { tableConstraints }),
      databaseSchema,
      sourceUrl: `${context.origin}/lightning/o/${encodeURIComponent(object.name)}/list`,
    },
    properties: { ...tableProperties(object), ...propertiesOfColumns(object) },
    aggregatable: new Set(object.queryable ? object.fields.filter((field) => field.aggregatable).map(({ name: field }) => entityName(field)) : []),
  };
}

function propertiesOfColumns(object: DescribedObject): Pick<TableProperties, 'columns'> {
  const known = object.fields.flatMap((field): [string, FieldProperties][] => {
    const properties = fieldProperties(field, object);
    return properties === undefined ? [] : [[entityName(field.name), properties]];
  });
  return known.length === 0 ? {} : { columns: withFittingPicklists(Object.fromEntries(known)) };
}

/** The same table with what is known besides. */
export function annotate({ fqn, request, aggregatable }: Table, { description, tags, columns, properties }: TableNotes): Table {
  return {
    fqn, properties, aggregatable,
    request: {
      ...request,
      ...(description === undefined || description === '' ? {} : { description }),
      ...(tags.length === 0 ? {} : { tags: [...tags] }),
      columns: withNotes(request.columns, columns),
    },
  };
}

/**
 * A primary key on Id, and a foreign key for each target of each reference. OpenMetadata refuses a key to a table it does
 * not have, so targets outside this run are left out; they still show in the column's type.
 */
function constraintsOf(fields: readonly DescribedField[], columns: readonly Column[], idOf: (target: string) => string, selected: ReadonlySet<string>): TableConstraint[] {
  const primary: TableConstraint[] = columns.filter(({ constraint }) => constraint === 'PRIMARY_KEY').slice(0, 1).map(({ name }) => ({ constraintType: 'PRIMARY_KEY', columns: [name] }));
  const foreign = fields.filter(({ type }) => type === 'reference').flatMap((field) => field.referenceTo.filter((target) => selected.has(target)).map((target): TableConstraint => ({
    constraintType: 'FOREIGN_KEY', columns: [entityName(field.name)], referredColumns: [idOf(target)], relationshipType: field.unique ? 'ONE_TO_ONE' : 'MANY_TO_ONE',
  })));
  return [...primary, ...foreign];
}

import type { TableConstraint } from '../../../../openmetadata/src/columns.ts';
import type { TableType } from '../../../../openmetadata/src/data-types.ts';
import type { CreateTable } from '../../../../openmetadata/src/entities.ts';
import { entityName, fullyQualifiedName } from '../../../../openmetadata/src/names.ts';
import { kindOf, type ObjectKind } from '../describe/object-kind.ts';
import { columnsOf, type ColumnDetails } from './columns.ts';
import type { DescribedField } from '../describe/sobject-field.ts';
import type { DescribedObject } from '../describe/sobject-describe.ts';
import { fieldProperties, valuesThatFit, type FieldProperties } from './field-properties.ts';
import { labelOf, tagsOfObject } from './governance.ts';
import { NO_TOOLING_METADATA, columnDetailsOf, type ToolingMetadata } from './tooling-metadata.ts';
import { tableProperties, type TableProperties } from './table-properties.ts';

export interface TableContext {
  readonly service: string;
  readonly database: string;
  readonly schema: string;
  /** `https://acme.my.salesforce.com`. */
  readonly origin: string;
  /** Names of the objects of this run; foreign keys reference only these. */
  readonly selected: ReadonlySet<string>;
}

export interface Table {
  readonly fqn: string;
  readonly request: CreateTable;
  readonly properties: TableProperties;
  /** Names of the columns that SOQL can aggregate. */
  readonly aggregatable: readonly string[];
}

const TABLE_TYPES: Readonly<Record<ObjectKind, TableType>> = {
  standard: 'Regular',
  custom: 'Regular',
  customSetting: 'Regular',
  customMetadata: 'Regular',
  bigObject: 'Regular',
  external: 'External',
  event: 'Stream',
  changeEvent: 'Stream',
  history: 'View',
  share: 'View',
  feed: 'View',
  trending: 'View',
  knowledgeCompanion: 'View',
};

/** Objects that Salesforce maintains for another object (history, share, feed) are views. */
export function tableTypeOf(kind: ObjectKind): TableType {
  return TABLE_TYPES[kind];
}

/** The CreateTableRequest of an object, and what it cannot hold. */
export function tableOf(
  object: DescribedObject,
  context: TableContext,
  metadata: ToolingMetadata = NO_TOOLING_METADATA,
): Table {
  const { service, database, schema } = context;
  const databaseSchema = fullyQualifiedName(service, database, schema);
  const name = entityName(object.name);
  const properties = byAnyName<FieldProperties>();
  const columns = columnsOf(object.fields, columnDetails(object, metadata, properties));
  const tableConstraints = constraintsOf(object.fields, context);
  const description = metadata.entity?.Description ?? '';
  const tags = metadata.tags ? tagsOfObject(object).map(labelOf) : [];
  return {
    fqn: `${databaseSchema}.${fullyQualifiedName(name)}`,
    request: {
      name,
      ...(object.label === '' ? {} : { displayName: object.label }),
      ...(description === '' ? {} : { description }),
      ...(tags.length === 0 ? {} : { tags }),
      tableType: tableTypeOf(kindOf(object)),
      columns,
      ...(tableConstraints.length === 0 ? {} : { tableConstraints }),
      databaseSchema,
      sourceUrl: `${context.origin}/lightning/o/${encodeURIComponent(object.name)}/list`,
    },
    properties: tableProperties(object, metadata, properties),
    aggregatable: aggregatableColumns(object),
  };
}

/**
 * An object for arbitrary names. Without a prototype, V8 makes it a hash table at once; otherwise
 * each name that is added would first create a shape, which would be kept with the heap's old
 * objects.
 */
function byAnyName<T>(): Record<string, T> {
  return Object.create(null) as Record<string, T>;
}

function aggregatableColumns({ queryable, fields }: DescribedObject): string[] {
  if (!queryable) return [];
  return fields.filter(({ aggregatable }) => aggregatable).map(({ name }) => entityName(name));
}

/**
 * Collects the properties of each field into `properties`. Components of a compound field are
 * passed twice.
 */
function columnDetails(
  object: DescribedObject,
  metadata: ToolingMetadata,
  properties: Record<string, FieldProperties>,
): (field: DescribedField) => ColumnDetails {
  const maxValues = valuesThatFit(object.fields);
  return (field) => {
    const on = columnDetailsOf(field, fieldProperties(field, object, maxValues), metadata);
    if (on.properties !== undefined) properties[entityName(field.name)] = on.properties;
    return on;
  };
}

/**
 * A foreign key for each target of each reference. OpenMetadata rejects a key to an unknown table,
 * so targets outside this run are left out; the column's type and properties name them. The primary
 * key is a constraint of its column: the server rejects a table that repeats it as a table
 * constraint.
 */
function constraintsOf(
  fields: readonly DescribedField[],
  { service, database, schema, selected }: TableContext,
): TableConstraint[] {
  const idOf = (target: string): string =>
    fullyQualifiedName(service, database, schema, entityName(target), 'Id');
  return fields
    .filter(({ type }) => type === 'reference')
    .flatMap((field) =>
      field.referenceTo
        .filter((target) => selected.has(target))
        .map((target): TableConstraint => ({
          constraintType: 'FOREIGN_KEY',
          columns: [entityName(field.name)],
          referredColumns: [idOf(target)],
          relationshipType: field.unique ? 'ONE_TO_ONE' : 'MANY_TO_ONE',
        })),
    );
}

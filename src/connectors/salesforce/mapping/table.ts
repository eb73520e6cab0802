import type { TableConstraint } from '../../../openmetadata/columns.ts';
import type { TableType } from '../../../openmetadata/data-types.ts';
import type { CreateTable } from '../../../openmetadata/entities.ts';
import { entityName, fullyQualifiedName } from '../../../openmetadata/names.ts';
import { kindOf, type ObjectKind } from '../describe/object-kind.ts';
import { columnsOf, type ColumnNotes } from './columns.ts';
import type { DescribedField } from '../describe/sobject-field.ts';
import type { DescribedObject } from '../describe/sobject-describe.ts';
import { fieldProperties, valuesThatFit, type FieldProperties } from './field-properties.ts';
import { labelOf, tagsOfObject } from './governance.ts';
import { NOTHING_KNOWN, notesOn, type ObjectNotes } from './notes.ts';
import { tableProperties, type TableProperties } from './table-properties.ts';

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

/** Records of these are kept by Salesforce itself beside the object they belong to; OpenMetadata shows them as views. */
export function tableTypeOf(kind: ObjectKind): TableType {
  return TABLE_TYPES[kind];
}

/** The CreateTableRequest of an object, with all that is known of it. */
export function tableOf(
  object: DescribedObject,
  context: TableContext,
  notes: ObjectNotes = NOTHING_KNOWN,
): Table {
  const name = entityName(object.name);
  const databaseSchema = fullyQualifiedName(context.service, context.database, context.schema);
  const properties: Record<string, FieldProperties> = {};
  const columns = columnsOf(object.fields, columnNotes(object, notes, properties));
  const tableConstraints = constraintsOf(
    object.fields,
    (target) =>
      fullyQualifiedName(
        context.service,
        context.database,
        context.schema,
        entityName(target),
        'Id',
      ),
    context.selected,
  );
  const description = notes.entity?.Description ?? '';
  const tags = notes.tags ? tagsOfObject(object).map(labelOf) : [];
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
    properties: tableProperties(object, notes, properties),
    aggregatable: object.queryable
      ? object.fields
          .filter((field) => field.aggregatable)
          .map(({ name: field }) => entityName(field))
      : [],
  };
}

/** Gathers the properties of the fields as they come by; the parts of a compound field come by twice. */
function columnNotes(
  object: DescribedObject,
  notes: ObjectNotes,
  properties: Record<string, FieldProperties>,
): (field: DescribedField) => ColumnNotes {
  const mostValues = valuesThatFit(object.fields);
  return (field) => {
    const on = notesOn(field, fieldProperties(field, object, mostValues), notes);
    if (on.properties !== undefined) properties[entityName(field.name)] = on.properties;
    return on;
  };
}

/**
 * A foreign key for each target of each reference. OpenMetadata refuses a key to a table it does not have, so targets outside
 * this run are left out; the column's type and properties name them. The primary key is the constraint of its column: a server
 * refuses a table that names it as a table constraint as well.
 */
function constraintsOf(
  fields: readonly DescribedField[],
  idOf: (target: string) => string,
  selected: ReadonlySet<string>,
): TableConstraint[] {
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

import type { TagLabel } from '../../openmetadata/entities.ts';
import type { ColumnNotes } from './columns.ts';
import type { EntityRow, FieldRow } from './descriptions.ts';
import type { FieldProperties, Owner, RollUp } from './field-properties.ts';
import { rollupFromDataType } from './formula/rollup.ts';
import { labelOf, originOfField, tagsOfField, tagsOfObject } from './governance.ts';
import { kindOf } from './catalogue.ts';
import type { ListedObject } from './describe.ts';
import { annotate, type Table } from './table.ts';
import { withEntityRow, type Trigger, type ValidationRule } from './table-properties.ts';

/** What the Tooling API says of one object and its fields. */
export interface ObjectNotes {
  readonly entity: EntityRow | undefined;
  /** By field name. */
  readonly fields: ReadonlyMap<string, FieldRow>;
  readonly validationRules: readonly ValidationRule[];
  readonly triggers: readonly Trigger[];
  /** By the id of a user or a group. */
  readonly owners: ReadonlyMap<string, Owner>;
  /** Definitions by field name. */
  readonly rollUps: ReadonlyMap<string, RollUp>;
  readonly tags: boolean;
}

/** A table with all that administrators and builders said of it. */
export function tableWithNotes(table: Table, listed: ListedObject, notes: ObjectNotes): Table {
  const { entity, fields, validationRules, triggers, tags } = notes;
  const columns = new Map<string, ColumnNotes>();
  for (const { name } of table.request.columns) {
    const note = columnNotes(name, table.properties.columns?.[name], fields.get(name), notes);
    if (note !== undefined) columns.set(name, note);
  }
  const described = Object.fromEntries([...columns].flatMap(([name, { properties }]) => (properties === undefined ? [] : [[name, properties]])));
  const { columns: _, ...own } = withEntityRow(table.properties, entity);
  return annotate(table, {
    description: entity?.Description,
    tags: tags ? tagsOfObject(listed.name, kindOf(listed)).map(labelOf) : [],
    columns,
    properties: {
      ...own,
      ...(validationRules.length === 0 ? {} : { validationRules }),
      ...(triggers.length === 0 ? {} : { triggers }),
      ...(Object.keys(described).length === 0 ? {} : { columns: described }),
    },
  });
}

function columnNotes(name: string, known: FieldProperties | undefined, row: FieldRow | undefined, { tags, owners, rollUps }: ObjectNotes): ColumnNotes | undefined {
  const labels = tags ? labelsOf(name, row) : [];
  const properties = { ...known, ...(row === undefined ? {} : propertiesOf(row, owners, rollUps.get(name))) };
  const note: ColumnNotes = {
    ...(row?.Description === undefined ? {} : { description: row.Description }),
    ...(labels.length === 0 ? {} : { tags: labels }),
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
  };
  return Object.keys(note).length === 0 ? undefined : note;
}

function labelsOf(name: string, row: FieldRow | undefined): readonly TagLabel[] {
  const origin = originOfField(name);
  const classified = row === undefined ? [] : tagsOfField(row);
  return classified.length === 0 ? origin : [...classified.map(labelOf), ...origin];
}

function propertiesOf({ DataType, BusinessStatus, BusinessOwnerId, SecurityClassification, ComplianceGroup }: FieldRow, owners: ReadonlyMap<string, Owner>, definition: RollUp | undefined): FieldProperties {
  const rollUp = definition ?? rollUpShown(DataType);
  const owner = BusinessOwnerId === undefined ? undefined : owners.get(BusinessOwnerId);
  return {
    ...(rollUp === undefined ? {} : { rollUp }),
    ...(SecurityClassification === undefined ? {} : { securityClassification: SecurityClassification }),
    ...(ComplianceGroup === undefined || ComplianceGroup === '' ? {} : { complianceGroups: ComplianceGroup.split(';') }),
    ...(BusinessStatus === undefined ? {} : { businessStatus: BusinessStatus }),
    ...(owner === undefined ? {} : { owners: [owner] }),
  };
}

/** What Setup shows of a roll-up, which names the child by its label; undefined for a field that is none. */
export function rollUpShown(dataType: string | undefined): RollUp | undefined {
  const shown = dataType === undefined ? undefined : rollupFromDataType(dataType);
  return shown === undefined ? undefined : { operation: shown.operation, child: shown.childLabel };
}

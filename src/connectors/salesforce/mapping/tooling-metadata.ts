import type { TagLabel } from '../../../../openmetadata/src/columns.ts';
import type { ColumnDetails } from './columns.ts';
import type { EntityRow, FieldRow } from '../describe/definition-rows.ts';
import type { FieldProperties, Owner, RollUp, Writable } from './field-properties.ts';
import { rollupFromDataType } from '../formula/rollup.ts';
import { complianceGroupsIn, labelOf, originOfField, tagsOfField } from './governance.ts';
import type { DescribedField } from '../describe/sobject-field.ts';
import type { Trigger, ValidationRule } from './table-properties.ts';

/** What the Tooling API has about one object and its fields. */
export interface ToolingMetadata {
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

export const NO_TOOLING_METADATA: ToolingMetadata = {
  entity: undefined,
  fields: new Map(),
  validationRules: [],
  triggers: [],
  owners: new Map(),
  rollUps: new Map(),
  tags: false,
};

/**
 * Details of a field. Adds to `properties`, which come from its describe, what administrators have
 * set.
 */
export function columnDetailsOf(
  { name }: DescribedField,
  properties: Writable<FieldProperties>,
  { fields, tags, owners, rollUps }: ToolingMetadata,
): ColumnDetails {
  const row = fields.get(name);
  if (row !== undefined) addTo(properties, row, owners, rollUps.get(name));
  return {
    description: row?.Description,
    tags: tags ? labelsOf(name, row) : NO_LABELS,
    properties: isEmpty(properties) ? undefined : properties,
  };
}

const NO_LABELS: readonly TagLabel[] = [];

function labelsOf(name: string, row: FieldRow | undefined): readonly TagLabel[] {
  const origin = originOfField(name);
  const classified =
    row === undefined ||
    (row.SecurityClassification === undefined && row.ComplianceGroup === undefined)
      ? NO_LABELS
      : tagsOfField(row).map(labelOf);
  return classified.length === 0 ? origin : [...classified, ...origin];
}

function addTo(
  properties: Writable<FieldProperties>,
  { DataType, BusinessStatus, BusinessOwnerId, SecurityClassification, ComplianceGroup }: FieldRow,
  owners: ReadonlyMap<string, Owner>,
  definition: RollUp | undefined,
): void {
  const rollUp = definition ?? rollUpShown(DataType);
  const owner = BusinessOwnerId === undefined ? undefined : owners.get(BusinessOwnerId);
  if (rollUp !== undefined) properties.rollUp = rollUp;
  if (SecurityClassification !== undefined)
    properties.securityClassification = SecurityClassification;
  const groups = ComplianceGroup === undefined ? [] : complianceGroupsIn(ComplianceGroup);
  if (groups.length > 0) properties.complianceGroups = groups;
  if (BusinessStatus !== undefined) properties.businessStatus = BusinessStatus;
  if (owner !== undefined) properties.owners = [owner];
}

function isEmpty(object: object): boolean {
  for (const _ in object) return false;
  return true;
}

/**
 * A roll-up as Setup shows it, with the child's label; undefined for a field that is not a roll-up.
 */
export function rollUpShown(dataType: string | undefined): RollUp | undefined {
  const shown = dataType === undefined ? undefined : rollupFromDataType(dataType);
  return shown === undefined ? undefined : { operation: shown.operation, child: shown.childLabel };
}

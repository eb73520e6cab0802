import type { DescribedField } from '../describe/sobject-field.ts';
import type { DescribedObject } from '../describe/sobject-describe.ts';

/**
 * A value of a picklist. By default the label equals the value, it is active, and it is not the
 * default value.
 */
export interface PicklistValue {
  readonly value: string;
  readonly label?: string;
  readonly active?: false;
  readonly default?: true;
}

export interface Picklist {
  /** At most MAX_VALUES. */
  readonly values: readonly PicklistValue[];
  /** The number of all values, if `values` does not hold all of them. */
  readonly total?: number;
  /** Whether Salesforce rejects other values. */
  readonly restricted: boolean;
  /** The field whose value determines which of these are available. */
  readonly dependsOn?: string;
  /** The object has record types, which can each exclude values. */
  readonly byRecordType?: true;
}

export interface Relationship {
  readonly kind: 'lookup' | 'masterDetail' | 'polymorphic';
  readonly name?: string;
  /** All objects that a value can reference. */
  readonly targets: readonly string[];
  /** Whether the target is the first (0) or second (1) master. */
  readonly order?: number;
  readonly onDelete?: 'cascade' | 'restrict';
}

/** A roll-up summary. `child` is an API name, or a label if the API name is not known. */
export interface RollUp {
  readonly operation: string;
  readonly child: string;
  readonly field?: string;
  readonly foreignKey?: string;
  /** Fields of the child that the filter uses. */
  readonly filters?: readonly string[];
}

export interface FieldProperties {
  readonly picklist?: Picklist;
  readonly relationship?: Relationship;
  readonly formula?: string;
  readonly rollUp?: RollUp;
  readonly autoNumber?: true;
  readonly externalId?: true;
  readonly encrypted?: { readonly mask?: string; readonly maskType?: string };
  readonly default?: string | number | boolean;
  readonly defaultFormula?: string;
  readonly helpText?: string;
  readonly richText?: true;
  readonly businessStatus?: string;
  readonly securityClassification?: string;
  readonly complianceGroups?: readonly string[];
  readonly owners?: readonly Owner[];
}

export interface Owner {
  readonly email?: string;
  readonly name: string;
  readonly kind: 'user' | 'group';
}

/** For objects under construction. */
export type Writable<T> = { -readonly [Member in keyof T]: T[Member] };

const MAX_VALUES = 500;
/** In all picklists of an object: a table is one record, which must fit a frame of the protocol. */
const MAX_VALUES_IN_OBJECT = 5000;
const REDUCED_VALUES = 25;

/**
 * The maximum number of values for each picklist of an object, reduced if its picklists would not
 * fit one record.
 */
export function valuesThatFit(fields: readonly Pick<DescribedField, 'picklistValues'>[]): number {
  const values = fields.reduce(
    (sum, { picklistValues }) => sum + Math.min(picklistValues.length, MAX_VALUES),
    0,
  );
  return values <= MAX_VALUES_IN_OBJECT ? MAX_VALUES : REDUCED_VALUES;
}

/** What a describe contains about a field that a column cannot hold. */
export function fieldProperties(
  field: DescribedField,
  object: Pick<DescribedObject, 'recordTypeInfos'>,
  maxValues = MAX_VALUES,
): Writable<FieldProperties> {
  const properties: Writable<FieldProperties> = {};
  if (field.picklistValues.length > 0) properties.picklist = picklistOf(field, object, maxValues);
  if (field.type === 'reference') properties.relationship = relationshipOf(field);
  if (field.calculatedFormula !== undefined) properties.formula = field.calculatedFormula;
  if (field.autoNumber) properties.autoNumber = true;
  if (field.externalId) properties.externalId = true;
  if (field.encrypted)
    properties.encrypted = {
      ...(field.mask === undefined ? {} : { mask: field.mask }),
      ...(field.maskType === undefined ? {} : { maskType: field.maskType }),
    };
  if (field.defaultValue !== undefined && field.defaultValue !== false)
    properties.default = field.defaultValue;
  if (field.defaultValueFormula !== undefined)
    properties.defaultFormula = field.defaultValueFormula;
  if (field.inlineHelpText !== undefined && field.inlineHelpText !== '')
    properties.helpText = field.inlineHelpText;
  if (field.htmlFormatted) properties.richText = true;
  return properties;
}

function picklistOf(
  field: DescribedField,
  { recordTypeInfos }: Pick<DescribedObject, 'recordTypeInfos'>,
  maxValues: number,
): Picklist {
  const values = field.picklistValues
    .slice(0, maxValues)
    .map(({ value, label, active, defaultValue }): PicklistValue => {
      const entry: Writable<PicklistValue> = { value };
      if (label !== undefined && label !== value) entry.label = label;
      if (!active) entry.active = false;
      if (defaultValue) entry.default = true;
      return entry;
    });
  return {
    values,
    ...(field.picklistValues.length > values.length ? { total: field.picklistValues.length } : {}),
    restricted: field.restrictedPicklist,
    ...(field.dependentPicklist && field.controllerName !== undefined
      ? { dependsOn: field.controllerName }
      : {}),
    ...(recordTypeInfos.some(({ master }) => !master) ? { byRecordType: true } : {}),
  };
}

/** Salesforce sets `relationshipOrder` on master-detail fields only. */
export function relationshipKind({
  relationshipOrder,
  referenceTo,
}: Pick<DescribedField, 'relationshipOrder' | 'referenceTo'>): Relationship['kind'] {
  if (relationshipOrder !== undefined) return 'masterDetail';
  return referenceTo.length > 1 ? 'polymorphic' : 'lookup';
}

function relationshipOf(field: DescribedField): Relationship {
  return {
    kind: relationshipKind(field),
    ...(field.relationshipName === undefined ? {} : { name: field.relationshipName }),
    targets: field.referenceTo,
    ...(field.relationshipOrder === undefined ? {} : { order: field.relationshipOrder }),
    ...(field.cascadeDelete
      ? { onDelete: 'cascade' }
      : field.restrictedDelete
        ? { onDelete: 'restrict' }
        : {}),
  };
}

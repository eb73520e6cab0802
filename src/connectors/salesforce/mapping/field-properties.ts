import type { DescribedField } from '../describe/sobject-field.ts';
import type { DescribedObject } from '../describe/sobject-describe.ts';

/** A value of a picklist; what is not said is as usual: the label is the value, it is active, it is not the default. */
export interface PicklistValue {
  readonly value: string;
  readonly label?: string;
  readonly active?: false;
  readonly default?: true;
}

export interface Picklist {
  /** At most MOST_VALUES. */
  readonly values: readonly PicklistValue[];
  /** How many there are, when that is more than `values` has. */
  readonly total?: number;
  /** Whether other values are refused. */
  readonly restricted: boolean;
  /** The field whose value decides which of these may be chosen. */
  readonly dependsOn?: string;
  /** The object has record types, each of which may leave values out. */
  readonly byRecordType?: true;
}

export interface Relationship {
  readonly kind: 'lookup' | 'masterDetail' | 'polymorphic';
  readonly name?: string;
  /** Every object that a value may lead to. */
  readonly targets: readonly string[];
  /** First (0) or second (1) master. */
  readonly order?: number;
  readonly onDelete?: 'cascade' | 'restrict';
}

/** A roll-up summary, as far as it is known: the child by its API name, or else by its label. */
export interface RollUp {
  readonly operation: string;
  readonly child: string;
  readonly field?: string;
  readonly foreignKey?: string;
  /** Fields of the child that decide which of its rows count. */
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
  /** By e-mail, or by name when it is a group. */
  readonly owners?: readonly Owner[];
}

export interface Owner {
  readonly email?: string;
  readonly name: string;
  readonly kind: 'user' | 'group';
}

/** While it is made. */
export type Writable<T> = { -readonly [Member in keyof T]: T[Member] };

const MOST_VALUES = 500;
/** Of all picklists of an object together: a table is one record, which has to fit a frame of the protocol. */
const MOST_VALUES_IN_OBJECT = 5000;
const FEW_VALUES = 25;

/** How many values of each picklist of an object are told: all within reason, or few where a record could not hold them. */
export function valuesThatFit(fields: readonly Pick<DescribedField, 'picklistValues'>[]): number {
  const values = fields.reduce(
    (sum, { picklistValues }) => sum + Math.min(picklistValues.length, MOST_VALUES),
    0,
  );
  return values <= MOST_VALUES_IN_OBJECT ? MOST_VALUES : FEW_VALUES;
}

/** What a describe says of a field beyond what a column has room for; empty when that is nothing. */
export function fieldProperties(
  field: DescribedField,
  object: Pick<DescribedObject, 'recordTypeInfos'>,
  mostValues = MOST_VALUES,
): Writable<FieldProperties> {
  const properties: Writable<FieldProperties> = {};
  if (field.picklistValues.length > 0) properties.picklist = picklistOf(field, object, mostValues);
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
  most: number,
): Picklist {
  const values = field.picklistValues
    .slice(0, most)
    .map(({ value, label, active, defaultValue }): PicklistValue => {
      const told: Writable<PicklistValue> = { value };
      if (label !== undefined && label !== value) told.label = label;
      if (!active) told.active = false;
      if (defaultValue) told.default = true;
      return told;
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

/** On a master-detail field Salesforce says which master it leads to; on no other has it anything to say there. */
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

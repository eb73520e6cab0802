import type { DescribedField, DescribedObject } from './describe.ts';

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

const MOST_VALUES = 500;
/** Of all picklists of an object together: a table is one record, which has to fit a frame of the protocol. */
const MOST_VALUES_IN_OBJECT = 5000;
const FEW_VALUES = 25;

/** What a describe says of a field beyond what a column has room for; undefined when that is nothing. */
export function fieldProperties(field: DescribedField, object: Pick<DescribedObject, 'recordTypeInfos'>): FieldProperties | undefined {
  const properties: FieldProperties = {
    ...(field.picklistValues.length === 0 ? {} : { picklist: picklistOf(field, object) }),
    ...(field.type === 'reference' ? { relationship: relationshipOf(field) } : {}),
    ...(field.calculatedFormula === undefined ? {} : { formula: field.calculatedFormula }),
    ...(field.autoNumber ? { autoNumber: true } : {}),
    ...(field.externalId ? { externalId: true } : {}),
    ...(field.encrypted ? { encrypted: { ...(field.mask === undefined ? {} : { mask: field.mask }), ...(field.maskType === undefined ? {} : { maskType: field.maskType }) } } : {}),
    ...(field.defaultValue === undefined || field.defaultValue === false ? {} : { default: field.defaultValue }),
    ...(field.defaultValueFormula === undefined ? {} : { defaultFormula: field.defaultValueFormula }),
    ...(field.inlineHelpText === undefined || field.inlineHelpText === '' ? {} : { helpText: field.inlineHelpText }),
    ...(field.htmlFormatted ? { richText: true } : {}),
  };
  return Object.keys(properties).length === 0 ? undefined : properties;
}

/** The picklists of an object with so many values that a record could not hold them are cut to their first few. */
export function withFittingPicklists(fields: Readonly<Record<string, FieldProperties>>): Readonly<Record<string, FieldProperties>> {
  const values = Object.values(fields).reduce((sum, { picklist }) => sum + (picklist?.values.length ?? 0), 0);
  if (values <= MOST_VALUES_IN_OBJECT) return fields;
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.picklist === undefined ? field : { ...field, picklist: cut(field.picklist) }]));
}

function cut(picklist: Picklist): Picklist {
  const { values, total = values.length } = picklist;
  return values.length <= FEW_VALUES ? picklist : { ...picklist, values: values.slice(0, FEW_VALUES), total };
}

function picklistOf(field: DescribedField, { recordTypeInfos }: Pick<DescribedObject, 'recordTypeInfos'>): Picklist {
  const values = field.picklistValues.slice(0, MOST_VALUES).map(({ value, label, active, defaultValue }): PicklistValue => ({
    value,
    ...(label === undefined || label === value ? {} : { label }),
    ...(active ? {} : { active }),
    ...(defaultValue ? { default: true } : {}),
  }));
  return {
    values,
    ...(field.picklistValues.length > values.length ? { total: field.picklistValues.length } : {}),
    restricted: field.restrictedPicklist,
    ...(field.dependentPicklist && field.controllerName !== undefined ? { dependsOn: field.controllerName } : {}),
    ...(recordTypeInfos.some(({ master }) => !master) ? { byRecordType: true } : {}),
  };
}

/** On a master-detail field Salesforce says which master it leads to; on no other has it anything to say there. */
export function relationshipKind({ relationshipOrder, referenceTo }: Pick<DescribedField, 'relationshipOrder' | 'referenceTo'>): Relationship['kind'] {
  if (relationshipOrder !== undefined) return 'masterDetail';
  return referenceTo.length > 1 ? 'polymorphic' : 'lookup';
}

function relationshipOf(field: DescribedField): Relationship {
  return {
    kind: relationshipKind(field),
    ...(field.relationshipName === undefined ? {} : { name: field.relationshipName }),
    targets: field.referenceTo,
    ...(field.relationshipOrder === undefined ? {} : { order: field.relationshipOrder }),
    ...(field.cascadeDelete ? { onDelete: 'cascade' } : field.restrictedDelete ? { onDelete: 'restrict' } : {}),
  };
}

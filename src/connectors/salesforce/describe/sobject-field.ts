import { WantedMembers } from '../json/wanted-members.ts';
import {
  flag,
  integer,
  list,
  type Members,
  name,
  object,
  optionalText,
  size,
  text,
} from '../json/json-values.ts';

export interface DescribedValue {
  readonly value: string;
  readonly label: string | undefined;
  readonly active: boolean;
  readonly defaultValue: boolean;
}

function readValue(value: unknown): DescribedValue {
  const raw: Members<keyof DescribedValue> = object(value, 'picklistValues');
  return {
    value: text(raw.value, 'value'),
    label: optionalText(raw.label, 'label'),
    active: flag(raw.active, 'active', true),
    defaultValue: flag(raw.defaultValue, 'defaultValue'),
  };
}

export interface DescribedField {
  readonly name: string;
  readonly label: string;
  /** One of the 29 values of the WSDL's fieldType, or a newer one. */
  readonly type: string;
  readonly soapType: string;
  readonly length: number;
  readonly precision: number;
  readonly scale: number;
  readonly nillable: boolean;
  /** Whether SOQL accepts it in aggregate functions. */
  readonly aggregatable: boolean;
  readonly unique: boolean;
  readonly externalId: boolean;
  readonly autoNumber: boolean;
  readonly calculatedFormula: string | undefined;
  readonly encrypted: boolean;
  /** What replaces the text of an encrypted field, and how much of it. */
  readonly mask: string | undefined;
  readonly maskType: string | undefined;
  readonly defaultValue: string | number | boolean | undefined;
  readonly defaultValueFormula: string | undefined;
  readonly compoundFieldName: string | undefined;
  readonly inlineHelpText: string | undefined;
  readonly htmlFormatted: boolean;
  readonly cascadeDelete: boolean;
  readonly restrictedDelete: boolean;
  readonly relationshipName: string | undefined;
  /** 0 or 1 on a master-detail field: the first or second master. */
  readonly relationshipOrder: number | undefined;
  readonly referenceTo: readonly string[];
  readonly restrictedPicklist: boolean;
  readonly dependentPicklist: boolean;
  readonly controllerName: string | undefined;
  readonly picklistValues: readonly DescribedValue[];
}

/** The members of a field that `readField` reads. */
export const FIELD_MEMBERS = new WantedMembers(
  [
    'name',
    'label',
    'type',
    'soapType',
    'length',
    'precision',
    'scale',
    'aggregatable',
    'unique',
    'externalId',
    'autoNumber',
    'calculatedFormula',
    'encrypted',
    'mask',
    'maskType',
    'defaultValueFormula',
    'compoundFieldName',
    'inlineHelpText',
    'htmlFormatted',
    'cascadeDelete',
    'restrictedDelete',
    'relationshipName',
    'referenceTo',
    'restrictedPicklist',
    'dependentPicklist',
    'controllerName',
    'picklistValues',
  ] satisfies (keyof DescribedField)[],
  ['nillable', 'relationshipOrder', 'defaultValue'] satisfies (keyof DescribedField)[],
);

function readField(value: unknown): DescribedField {
  const raw: Members<keyof DescribedField> = object(value, 'fields');
  return {
    name: name(raw.name, 'name'),
    label: text(raw.label, 'label'),
    type: name(raw.type, 'type'),
    soapType: text(raw.soapType, 'soapType'),
    length: size(raw.length, 'length'),
    precision: size(raw.precision, 'precision'),
    scale: integer(raw.scale, 'scale'),
    nillable: flag(raw.nillable, 'nillable', true),
    aggregatable: flag(raw.aggregatable, 'aggregatable'),
    unique: flag(raw.unique, 'unique'),
    externalId: flag(raw.externalId, 'externalId'),
    autoNumber: flag(raw.autoNumber, 'autoNumber'),
    calculatedFormula: optionalText(raw.calculatedFormula, 'calculatedFormula'),
    encrypted: flag(raw.encrypted, 'encrypted'),
    mask: optionalText(raw.mask, 'mask'),
    maskType: optionalText(raw.maskType, 'maskType'),
    defaultValue: scalar(raw.defaultValue),
    defaultValueFormula: optionalText(raw.defaultValueFormula, 'defaultValueFormula'),
    compoundFieldName: optionalText(raw.compoundFieldName, 'compoundFieldName'),
    inlineHelpText: optionalText(raw.inlineHelpText, 'inlineHelpText'),
    htmlFormatted: flag(raw.htmlFormatted, 'htmlFormatted'),
    cascadeDelete: flag(raw.cascadeDelete, 'cascadeDelete'),
    restrictedDelete: flag(raw.restrictedDelete, 'restrictedDelete'),
    relationshipName: optionalText(raw.relationshipName, 'relationshipName'),
    relationshipOrder:
      typeof raw.relationshipOrder === 'number' ? raw.relationshipOrder : undefined,
    referenceTo: list(raw.referenceTo, 'referenceTo', (target) => name(target, 'referenceTo')),
    restrictedPicklist: flag(raw.restrictedPicklist, 'restrictedPicklist'),
    dependentPicklist: flag(raw.dependentPicklist, 'dependentPicklist'),
    controllerName: optionalText(raw.controllerName, 'controllerName'),
    picklistValues: list(raw.picklistValues, 'picklistValues', readValue),
  };
}

/** A default has the type of its field. Other values cannot be shown. */
function scalar(value: unknown): string | number | boolean | undefined {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? value
    : undefined;
}

export function readFields(value: unknown): readonly DescribedField[] {
  return list(value, 'fields', readField);
}

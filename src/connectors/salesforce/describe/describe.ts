import { notWhole, requireSingle } from '../api/pages.ts';
import { WantedMembers } from '../json/json-trim.ts';
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

/**
 * The parts of Salesforce's describe answers that are used here (DescribeSObjectResult in the API's WSDL). Everything
 * else is dropped at the border, so that what is held of an object is a small part of what came. What old API versions
 * lack has the value that its absence means. The readers throw SALESFORCE_UNEXPECTED, naming what is of another kind.
 */

const LISTING = 'the list of objects';

/** An object as describeGlobal lists it. */
export interface ListedObject {
  readonly name: string;
  readonly label: string;
  readonly labelPlural: string;
  readonly custom: boolean;
  readonly customSetting: boolean;
  readonly keyPrefix: string | undefined;
  readonly queryable: boolean;
  /** Whether it has page layouts: its fields can be labeled and described by administrators. */
  readonly layoutable: boolean;
  readonly associateEntityType: string | undefined;
  readonly associateParentEntity: string | undefined;
}

/** No org is without objects, and no user who may call the API sees none: throws SALESFORCE_UNEXPECTED (worth another try) for an empty list too. */
export function readListing(value: unknown): readonly ListedObject[] {
  const answer: Members<'sobjects'> = object(value, 'the answer');
  requireSingle(answer, LISTING);
  const objects = list(answer.sobjects, 'sobjects', readListed);
  if (objects.length === 0) throw notWhole(LISTING, 'it has no objects');
  return objects;
}

function readListed(value: unknown): ListedObject {
  const raw: Members<keyof ListedObject> = object(value, 'sobjects');
  return {
    name: name(raw.name, 'name'),
    label: text(raw.label, 'label'),
    labelPlural: text(raw.labelPlural, 'labelPlural'),
    custom: flag(raw.custom, 'custom'),
    customSetting: flag(raw.customSetting, 'customSetting'),
    keyPrefix: optionalText(raw.keyPrefix, 'keyPrefix'),
    queryable: flag(raw.queryable, 'queryable'),
    layoutable: flag(raw.layoutable, 'layoutable'),
    associateEntityType: optionalText(raw.associateEntityType, 'associateEntityType'),
    associateParentEntity: optionalText(raw.associateParentEntity, 'associateParentEntity'),
  };
}

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
  /** One of the 29 of the WSDL's fieldType, or a newer one. */
  readonly type: string;
  readonly soapType: string;
  readonly length: number;
  readonly precision: number;
  readonly scale: number;
  readonly nillable: boolean;
  /** Whether SOQL takes it in aggregate functions. */
  readonly aggregatable: boolean;
  readonly unique: boolean;
  readonly externalId: boolean;
  readonly autoNumber: boolean;
  readonly calculatedFormula: string | undefined;
  readonly encrypted: boolean;
  /** What stands in for the text of an encrypted field, and how much of it. */
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

/** A default is of the field's own type; what is none of these is no default that could be shown. */
function scalar(value: unknown): string | number | boolean | undefined {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? value
    : undefined;
}

export interface DescribedRecordType {
  readonly name: string;
  readonly developerName: string;
  readonly active: boolean;
  readonly defaultRecordTypeMapping: boolean;
  readonly master: boolean;
}

function readRecordType(value: unknown): DescribedRecordType {
  const raw: Members<keyof DescribedRecordType> = object(value, 'recordTypeInfos');
  return {
    name: text(raw.name, 'name'),
    developerName: text(raw.developerName, 'developerName'),
    active: flag(raw.active, 'active'),
    defaultRecordTypeMapping: flag(raw.defaultRecordTypeMapping, 'defaultRecordTypeMapping'),
    master: flag(raw.master, 'master'),
  };
}

/** What may be done with an object; in the API's own words. */
const FEATURES = [
  'createable',
  'updateable',
  'deletable',
  'undeletable',
  'queryable',
  'searchable',
  'retrieveable',
  'replicateable',
  'mergeable',
  'triggerable',
  'feedEnabled',
  'layoutable',
  'mruEnabled',
  'deprecatedAndHidden',
] as const;
type Feature = (typeof FEATURES)[number];

/** An object as its describe has it. */
export interface DescribedObject extends ListedObject {
  readonly features: readonly Feature[];
  readonly recordTypeInfos: readonly DescribedRecordType[];
  readonly fields: readonly DescribedField[];
}

export function readDescribe(value: unknown): DescribedObject {
  const { fields }: Members<'fields'> = object(value, 'the answer');
  return { ...readHead(value), fields: readFields(fields) };
}

/** All but the fields. */
export function readHead(value: unknown): Omit<DescribedObject, 'fields'> {
  const raw: Members<keyof DescribedObject | Feature> = object(value, 'the answer');
  requireSingle(raw, 'a describe');
  return {
    ...readListed(value),
    features: FEATURES.filter((feature) => flag(raw[feature], feature)),
    recordTypeInfos: list(raw.recordTypeInfos, 'recordTypeInfos', readRecordType),
  };
}

export function readFields(value: unknown): readonly DescribedField[] {
  return list(value, 'fields', readField);
}

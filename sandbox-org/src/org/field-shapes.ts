import type { FieldDescription, FieldTraits, FieldType } from './model.ts';

/** Describe values that a field's type or generator may override. */
export const BLANK_FIELD: FieldDescription = {
  aggregatable: true,
  aiPredictionField: false,
  autoNumber: false,
  byteLength: 0,
  calculated: false,
  calculatedFormula: null,
  cascadeDelete: false,
  caseSensitive: false,
  compoundFieldName: null,
  controllerName: null,
  createable: true,
  custom: false,
  dataTranslationEnabled: false,
  defaultValue: null,
  defaultValueFormula: null,
  defaultedOnCreate: false,
  dependentPicklist: false,
  deprecatedAndHidden: false,
  digits: 0,
  displayLocationInDecimal: false,
  encrypted: false,
  externalId: false,
  extraTypeInfo: null,
  filterable: true,
  filteredLookupInfo: null,
  formulaTreatNullNumberAsZero: false,
  groupable: true,
  highScaleNumber: false,
  htmlFormatted: false,
  idLookup: false,
  inlineHelpText: null,
  label: '',
  length: 0,
  mask: null,
  maskType: null,
  name: '',
  nameField: false,
  namePointing: false,
  nillable: true,
  permissionable: true,
  picklistValues: [],
  polymorphicForeignKey: false,
  precision: 0,
  queryByDistance: false,
  referenceTargetField: null,
  referenceTo: [],
  relationshipName: null,
  relationshipOrder: null,
  restrictedDelete: false,
  restrictedPicklist: false,
  scale: 0,
  searchPrefilterable: false,
  soapType: 'xsd:string',
  sortable: true,
  type: 'string',
  unique: false,
  updateable: true,
  writeRequiresMasterRead: false,
};

type Shape = Partial<FieldDescription>;

const OPAQUE: Shape = { aggregatable: false, groupable: false, sortable: false, filterable: false };
const COMPOUND: Shape = {
  aggregatable: false,
  groupable: false,
  sortable: false,
  queryByDistance: true,
  createable: false,
  updateable: false,
};

const text = (length: number): Shape => ({ length, byteLength: length * 3 });
const number = (precision: number, scale: number): Shape => ({
  soapType: 'xsd:double',
  precision,
  scale,
  groupable: false,
});

/** Texts beyond 255 characters can be neither filtered, grouped nor sorted. */
function textarea(length: number): Shape {
  return { ...text(length), extraTypeInfo: 'plaintextarea', ...(length > 255 ? OPAQUE : {}) };
}

/** The type-bound traits. `size` is the length of texts and the precision of numbers. */
const SHAPES: Record<FieldType, (size: number | undefined, scale: number | undefined) => Shape> = {
  string: (size) => text(size ?? 255),
  picklist: (size) => text(size ?? 255),
  multipicklist: (size) => ({
    ...text(4099),
    precision: size ?? 4,
    aggregatable: false,
    groupable: false,
    sortable: false,
  }),
  combobox: (size) => text(size ?? 255),
  reference: () => ({ soapType: 'tns:ID', length: 18, byteLength: 18 }),
  base64: (size) => ({ ...OPAQUE, soapType: 'xsd:base64Binary', byteLength: size ?? 5_242_880 }),
  boolean: () => ({
    soapType: 'xsd:boolean',
    aggregatable: false,
    nillable: false,
    defaultValue: false,
    defaultedOnCreate: true,
  }),
  currency: (size, scale) => number(size ?? 18, scale ?? 2),
  textarea: (size) => textarea(size ?? 255),
  int: (size) => ({ soapType: 'xsd:int', digits: size ?? 8 }),
  double: (size, scale) => number(size ?? 18, scale ?? 0),
  percent: (size, scale) => number(size ?? 18, scale ?? 2),
  phone: (size) => text(size ?? 40),
  id: () => ({
    soapType: 'tns:ID',
    length: 18,
    byteLength: 18,
    idLookup: true,
    nillable: false,
    createable: false,
    updateable: false,
    permissionable: false,
    defaultedOnCreate: true,
  }),
  date: () => ({ soapType: 'xsd:date' }),
  datetime: () => ({ soapType: 'xsd:dateTime', groupable: false }),
  time: () => ({ soapType: 'xsd:time', aggregatable: false, groupable: false }),
  url: (size) => text(size ?? 255),
  email: (size) => ({ ...text(size ?? 80), idLookup: true }),
  encryptedstring: (size) => ({
    ...text(size ?? 175),
    ...OPAQUE,
    encrypted: true,
    mask: '*',
    maskType: 'all',
  }),
  datacategorygroupreference: (size) => text(size ?? 80),
  location: () => ({ ...COMPOUND, soapType: 'urn:location', displayLocationInDecimal: true }),
  address: () => ({ ...COMPOUND, soapType: 'urn:address' }),
  anyType: () => ({ ...OPAQUE, ...text(255), soapType: 'xsd:anyType' }),
  json: () => ({ ...OPAQUE, soapType: 'tns:json' }),
  complexvalue: () => ({ ...OPAQUE, soapType: 'urn:ComplexValue' }),
  long: () => ({ soapType: 'xsd:long', digits: 18 }),
  floatarray: () => ({ ...OPAQUE, soapType: 'urn:FloatArray' }),
  textarray: () => ({ ...OPAQUE, soapType: 'urn:TextArray' }),
};

/** The traits of a field of this type; `more` overrides them. */
export function fieldTraits(
  type: FieldType,
  name: string,
  label: string,
  more: Shape = {},
  size?: number,
  scale?: number,
): FieldTraits {
  return { ...SHAPES[type](size, scale), ...more, type, name, label };
}

/** Traits of a field written by the system only. */
export const READ_ONLY: Shape = { createable: false, updateable: false, permissionable: false };

/** All keys of a field's describe, in the API's order. */
export function describeField(traits: FieldTraits): FieldDescription {
  return { ...BLANK_FIELD, ...traits };
}

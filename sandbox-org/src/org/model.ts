/** The 29 field types of the describe result (WSDL enumeration `fieldType`). */
export const FIELD_TYPES = [
  'string',
  'picklist',
  'multipicklist',
  'combobox',
  'reference',
  'base64',
  'boolean',
  'currency',
  'textarea',
  'int',
  'double',
  'percent',
  'phone',
  'id',
  'date',
  'datetime',
  'time',
  'url',
  'email',
  'encryptedstring',
  'datacategorygroupreference',
  'location',
  'address',
  'anyType',
  'json',
  'complexvalue',
  'long',
  'floatarray',
  'textarray',
] as const;
export type FieldType = (typeof FIELD_TYPES)[number];

export type ObjectKind =
  | 'standard'
  | 'custom'
  | 'setting'
  | 'metadata'
  | 'event'
  | 'big'
  | 'external'
  | 'share'
  | 'history'
  | 'feed'
  | 'changeEvent';

/** An sObject of the org without its fields. */
export interface ObjectEntry {
  readonly name: string;
  readonly kind: ObjectKind;
  /** Null for the org's own objects. */
  readonly namespace: string | null;
  readonly keyPrefix: string | null;
  readonly label: string;
  readonly labelPlural: string;
  /** The main object of a share, history, feed or change event object. */
  readonly parent: string | null;
}

export interface PicklistValue {
  readonly active: boolean;
  readonly defaultValue: boolean;
  readonly label: string;
  readonly validFor: string | null;
  readonly value: string;
}

/** One entry of a describe's `fields`, in the REST API's own key order. */
export interface FieldDescription {
  aggregatable: boolean;
  aiPredictionField: boolean;
  autoNumber: boolean;
  byteLength: number;
  calculated: boolean;
  calculatedFormula: string | null;
  cascadeDelete: boolean;
  caseSensitive: boolean;
  compoundFieldName: string | null;
  controllerName: string | null;
  createable: boolean;
  custom: boolean;
  dataTranslationEnabled: boolean;
  defaultValue: boolean | string | number | null;
  defaultValueFormula: string | null;
  defaultedOnCreate: boolean;
  dependentPicklist: boolean;
  deprecatedAndHidden: boolean;
  digits: number;
  displayLocationInDecimal: boolean;
  encrypted: boolean;
  externalId: boolean;
  extraTypeInfo: string | null;
  filterable: boolean;
  filteredLookupInfo: FilteredLookup | null;
  formulaTreatNullNumberAsZero: boolean;
  groupable: boolean;
  highScaleNumber: boolean;
  htmlFormatted: boolean;
  idLookup: boolean;
  inlineHelpText: string | null;
  label: string;
  length: number;
  mask: string | null;
  maskType: string | null;
  name: string;
  nameField: boolean;
  namePointing: boolean;
  nillable: boolean;
  permissionable: boolean;
  picklistValues: readonly PicklistValue[];
  polymorphicForeignKey: boolean;
  precision: number;
  queryByDistance: boolean;
  referenceTargetField: string | null;
  referenceTo: readonly string[];
  relationshipName: string | null;
  relationshipOrder: number | null;
  restrictedDelete: boolean;
  restrictedPicklist: boolean;
  scale: number;
  searchPrefilterable: boolean;
  soapType: string;
  sortable: boolean;
  type: FieldType;
  unique: boolean;
  updateable: boolean;
  writeRequiresMasterRead: boolean;
}

export interface FilteredLookup {
  readonly controllingFields: readonly string[];
  readonly dependent: boolean;
  readonly optionalFilter: boolean;
}

/** The describe values of a field that differ from the defaults, with name, label and type. */
export type FieldTraits = Partial<FieldDescription> &
  Pick<FieldDescription, 'name' | 'label' | 'type'>;

/** Data governance columns that only the Tooling API shows. */
export interface Governance {
  readonly businessOwnerId: string | null;
  readonly businessStatus: string | null;
  readonly complianceGroup: string | null;
  readonly securityClassification: string | null;
}

export interface Field {
  readonly traits: FieldTraits;
  /** `SUM Invoice_Line__c` for a roll-up summary. */
  readonly rollUp: string | null;
  /** Set by an edit; generated fields derive theirs from the seed. */
  readonly description?: string;
  /** Set by an edit. */
  readonly governance?: Governance;
  /** The value in every record; set by an edit. */
  readonly content?: string | number | boolean;
}

export interface ChildRelationship {
  readonly cascadeDelete: boolean;
  readonly childSObject: string;
  readonly deprecatedAndHidden: boolean;
  readonly field: string;
  readonly junctionIdListNames: readonly string[];
  readonly junctionReferenceTo: readonly string[];
  readonly relationshipName: string | null;
  readonly restrictedDelete: boolean;
}

import type { Field, FieldTraits, FieldType } from './model.ts';

const NAMES: Partial<Record<FieldType, string>> = {
  boolean: 'Checkbox',
  datetime: 'Date/Time',
  date: 'Date',
  time: 'Time',
  phone: 'Phone',
  email: 'Email',
  picklist: 'Picklist',
  multipicklist: 'Picklist (Multi-Select)',
  id: 'Lookup()',
  address: 'Address',
  location: 'Geolocation',
  base64: 'Base64',
  anyType: 'Text(255)',
  combobox: 'Picklist',
  long: 'Number(18, 0)',
  json: 'JSON',
  complexvalue: 'Complex Value',
};

/**
 * The type as shown in Setup: `Text(80)`, `Lookup(User,Group)`, `Formula (Text)`, `Roll-Up Summary
 * (SUM Opportunity)`.
 */
export function uiType({ traits, rollUp }: Field): string {
  if (rollUp) return `Roll-Up Summary (${rollUp})`;
  if (traits.calculatedFormula) return `Formula (${simpleName(traits.type)})`;
  if (traits.autoNumber) return 'Auto Number';
  const flags = [
    traits.externalId ? ' (External ID)' : '',
    traits.unique ? ' (Unique Case Insensitive)' : '',
  ].join('');
  return plainName(traits) + flags;
}

function simpleName(type: FieldType): string {
  if (type === 'string') return 'Text';
  if (type === 'double') return 'Number';
  return type === 'currency' ? 'Currency' : (NAMES[type] ?? type);
}

function plainName(traits: FieldTraits): string {
  switch (traits.type) {
    case 'reference':
      return `${traits.relationshipOrder === 0 ? 'Master-Detail' : 'Lookup'}(${(traits.referenceTo ?? []).join(',')})`;
    case 'string':
      return traits.extraTypeInfo === 'personname' ? 'Name' : `Text(${traits.length})`;
    case 'textarea':
      return areaName(traits);
    case 'double':
      return `Number(${digits(traits)})`;
    case 'currency':
      return `Currency(${digits(traits)})`;
    case 'percent':
      return `Percent(${digits(traits)})`;
    case 'int':
      return `Number(${traits.digits ?? 0}, 0)`;
    case 'url':
      return `URL(${traits.length})`;
    case 'encryptedstring':
      return `Text (Encrypted)(${traits.length})`;
    default:
      return NAMES[traits.type] ?? traits.type;
  }
}

function areaName(traits: FieldTraits): string {
  if (traits.htmlFormatted) return `Rich Text Area(${traits.length})`;
  return (traits.length ?? 0) > 255
    ? `Long Text Area(${traits.length})`
    : `Text Area(${traits.length})`;
}

/** Digits before and after the decimal point. */
function digits({ precision = 18, scale = 0 }: FieldTraits): string {
  return `${precision - scale}, ${scale}`;
}

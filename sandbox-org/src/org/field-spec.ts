import { SandboxError } from '../errors.ts';
import { fieldTraits, READ_ONLY } from './field-shapes.ts';
import type { FieldDescription, FieldTraits, FieldType } from './model.ts';
import { FIELD_TYPES } from './model.ts';
import { picklist } from './picklists.ts';
import type { Random } from './random.ts';
import { labelOf } from './labels.ts';

/** A parsed field of the notation in standard-objects.ts. */
export interface FieldSpec {
  readonly name: string;
  readonly type: string;
  readonly size: number | undefined;
  readonly scale: number | undefined;
  readonly values: readonly string[] | null;
  readonly targets: readonly string[];
  readonly masterDetail: boolean;
  readonly required: boolean;
  readonly readOnly: boolean;
}

const WORD = /^(\w+)(?:(>{1,2})([^!=]+)|:(\w+)(?:\((\d+)(?:,(\d+))?\))?(?:\[([^\]]*)\])?)(!?)(=?)$/;
const parsed = new Map<string, readonly FieldSpec[]>();

/** Parses a line of the notation. Throws for a malformed field. */
export function parseSpecs(line: string): readonly FieldSpec[] {
  const known = parsed.get(line);
  if (known) return known;
  const specs = line.split(' ').map(parseWord);
  parsed.set(line, specs);
  return specs;
}

function parseWord(word: string): FieldSpec {
  const match = WORD.exec(word);
  if (!match) throw new SandboxError(`field notation: ${word}`);
  const [, name = '', arrows, targets, type, size, scale, values, required, readOnly] = match;
  return {
    name,
    type: type ?? 'reference',
    size: size ? Number(size) : undefined,
    scale: scale ? Number(scale) : undefined,
    values: values ? values.split(',').map((value) => value.replaceAll('_', ' ')) : null,
    targets: targets?.split('|') ?? [],
    masterDetail: arrows === '>>',
    required: required === '!',
    readOnly: readOnly === '=',
  };
}

type More = Partial<FieldDescription>;

/**
 * The traits of the field or, for compounds, of the components and the compound. Not for
 * references.
 */
export function traitsOf(spec: FieldSpec, random: Random): FieldTraits[] {
  const label = labelOf(spec.name);
  const more = accessTraits(spec);
  if (spec.type === 'address') return addressTraits(spec.name, label, more);
  if (spec.type === 'personname') return personNameTraits(more);
  if (spec.type === 'location') return locationTraits(spec.name, label, more);
  if (spec.type === 'autonumber') return [autoNumberTraits(spec.name, label, spec.size ?? 30)];
  const rich = { ...more, extraTypeInfo: 'richtextarea', htmlFormatted: true };
  if (spec.type === 'htmlarea') return [fieldTraits('textarea', spec.name, label, rich, spec.size)];
  if (!isFieldType(spec.type)) throw new SandboxError(`field notation: no type ${spec.type}`);
  const isName = spec.name === 'Name' || spec.name === 'Subject' || spec.name === 'Title';
  const choice =
    spec.type === 'picklist' || spec.type === 'combobox'
      ? { picklistValues: picklist(random, spec.values) }
      : {};
  const naming = isName ? { nameField: true, idLookup: true } : {};
  return [
    fieldTraits(
      spec.type,
      spec.name,
      label,
      { ...more, ...choice, ...naming },
      spec.size,
      spec.scale,
    ),
  ];
}

function isFieldType(type: string): type is FieldType {
  return (FIELD_TYPES as readonly string[]).includes(type);
}

function accessTraits(spec: FieldSpec): More {
  return {
    ...(spec.readOnly ? READ_ONLY : {}),
    ...(spec.required ? { nillable: false, permissionable: false } : {}),
  };
}

export function autoNumberTraits(name: string, label: string, length: number): FieldTraits {
  const more = {
    ...READ_ONLY,
    autoNumber: true,
    nillable: false,
    defaultedOnCreate: true,
    nameField: true,
    idLookup: true,
  };
  return fieldTraits('string', name, label, more, length);
}

/**
 * The components from street to geocode accuracy, then the compound; `BillingAddress` has
 * `BillingStreet` and so on.
 */
function addressTraits(name: string, label: string, more: More): FieldTraits[] {
  const prefix = name === 'Address' ? '' : name.replace(/Address$/, '');
  const part = (type: FieldType, suffix: string, size?: number, scale?: number): FieldTraits =>
    fieldTraits(
      type,
      prefix + suffix,
      labelOf(prefix + suffix),
      { ...more, compoundFieldName: name },
      size,
      scale,
    );
  const accuracy = {
    ...part('picklist', 'GeocodeAccuracy', 40),
    picklistValues: picklist(null, GEOCODE_ACCURACY),
  };
  return [
    part('textarea', 'Street', 255),
    part('string', 'City', 40),
    part('string', 'State', 80),
    part('string', 'PostalCode', 20),
    part('string', 'Country', 80),
    part('double', 'Latitude', 18, 15),
    part('double', 'Longitude', 18, 15),
    accuracy,
    fieldTraits('address', name, label),
  ];
}

const GEOCODE_ACCURACY = [
  'Address',
  'NearAddress',
  'Block',
  'Street',
  'ExtendedZip',
  'Zip',
  'Neighborhood',
  'City',
  'County',
  'State',
  'Unknown',
];

/**
 * Latitude, longitude and the compound: `X__Latitude__s` for `X__c`, `XLatitude` for `X`,
 * unprefixed for `Location`.
 */
export function locationTraits(name: string, label: string, more: More): FieldTraits[] {
  const component = (part: string): string => {
    if (name.endsWith('__c')) return name.replace(/__c$/, `__${part}__s`);
    return name === 'Location' ? part : name + part;
  };
  const degree = (part: string): FieldTraits =>
    fieldTraits(
      'double',
      component(part),
      `${label} (${part})`,
      { ...more, compoundFieldName: name },
      18,
      15,
    );
  return [degree('Latitude'), degree('Longitude'), fieldTraits('location', name, label, more)];
}

function personNameTraits(more: More): FieldTraits[] {
  const part = { ...more, compoundFieldName: 'Name', extraTypeInfo: 'personname' };
  return [
    fieldTraits(
      'string',
      'LastName',
      'Last Name',
      { ...part, nillable: false, permissionable: false },
      80,
    ),
    fieldTraits('string', 'FirstName', 'First Name', part, 40),
    fieldTraits(
      'picklist',
      'Salutation',
      'Salutation',
      { ...part, picklistValues: picklist(null, ['Mr.', 'Ms.', 'Mrs.', 'Dr.', 'Prof.', 'Mx.']) },
      40,
    ),
    fieldTraits(
      'string',
      'Name',
      'Full Name',
      { ...READ_ONLY, extraTypeInfo: 'personname', nillable: false, nameField: true },
      121,
    ),
  ];
}

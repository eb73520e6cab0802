import { recordId } from '../org/ids.ts';
import type { FieldTraits, FieldType } from '../org/model.ts';
import { randomFor, type Random } from '../org/random.ts';
import { moment } from './moment.ts';
import { CITIES, FIRMS, FIRST_NAMES, LAST_NAMES } from './record-words.ts';
import { JsonValue, type Cell } from './table.ts';

const NOWHERE = {
  city: '',
  country: 'Austria',
  geocodeAccuracy: null,
  latitude: null,
  longitude: null,
  postalCode: '1010',
  state: null,
  street: '',
};

/** Finds the records that a reference may refer to. */
export interface RecordPlaces {
  keyPrefix(object: string): string | null;
  count(object: string): number;
}

interface ValueContext {
  readonly random: Random;
  readonly index: number;
  readonly places: RecordPlaces;
}

type ValueOf = (traits: FieldTraits, context: ValueContext) => Cell;

const integerValue: ValueOf = ({ digits }, { random }) =>
  random.int(0, 10 ** Math.min(6, digits ?? 6) - 1);
const nullValue: ValueOf = () => null;

/** Values by field type; every other type holds text. */
const VALUES: Partial<Record<FieldType, ValueOf>> = {
  boolean: ({ name }, { random }) => name !== 'IsDeleted' && random.chance(0.4),
  int: integerValue,
  long: integerValue,
  double: numberValue,
  currency: numberValue,
  percent: numberValue,
  date: (_traits, { random }) => moment(momentMillis(random)).slice(0, 10),
  datetime: (_traits, { random }) => moment(momentMillis(random)),
  time: (_traits, { random }) => `${String(random.int(6, 20)).padStart(2, '0')}:30:00.000Z`,
  reference: referenceValue,
  picklist: choiceValue,
  combobox: choiceValue,
  multipicklist: choiceValue,
  address: (_traits, { random }) => addressValue(random),
  location: (_traits, { random }) => locationValue(random),
  base64: nullValue,
  json: nullValue,
  complexvalue: nullValue,
  floatarray: nullValue,
  textarray: nullValue,
  anyType: nullValue,
};

/**
 * The value of a field in row `index`, always the same for one seed. Some of the nillable ones are
 * null.
 */
export function recordValue(
  key: string,
  traits: FieldTraits,
  index: number,
  places: RecordPlaces,
): Cell {
  const random = randomFor(`${key}.${traits.name}#${index}`);
  if (traits.nillable !== false && random.chance(traits.name.endsWith('__c') ? 0.3 : 0.1))
    return null;
  return (VALUES[traits.type] ?? textValue)(traits, { random, index, places });
}

function addressValue(random: Random): JsonValue {
  const city = random.pick(CITIES);
  return new JsonValue({ ...NOWHERE, city, street: `Ring ${random.int(1, 90)}` });
}

function locationValue(random: Random): JsonValue {
  const latitude = random.int(-80, 80);
  return new JsonValue({ latitude, longitude: random.int(-170, 170) });
}

const ERA = Date.UTC(2019, 0, 1);

function momentMillis(random: Random): number {
  return ERA + random.int(0, 2600) * 86_400_000 + random.int(0, 86_399) * 1000;
}

function numberValue({ precision = 18, scale = 0 }: FieldTraits, { random }: ValueContext): number {
  const whole = random.int(0, 10 ** Math.min(6, Math.max(1, precision - scale)) - 1);
  return scale > 0 ? whole + random.int(0, 99) / 100 : whole;
}

function referenceValue({ referenceTo = [] }: FieldTraits, { random, places }: ValueContext): Cell {
  const target = referenceTo.length > 0 ? random.pick(referenceTo) : '';
  const prefix = places.keyPrefix(target);
  const count = places.count(target);
  return prefix && count > 0 ? recordId(prefix, random.int(0, count - 1)) : null;
}

function choiceValue({ picklistValues = [] }: FieldTraits, { random }: ValueContext): Cell {
  const active = picklistValues.filter((value) => value.active);
  return active.length > 0 ? random.pick(active).value : null;
}

function textValue(traits: FieldTraits, { random, index }: ValueContext): string {
  if (traits.autoNumber) return String(index + 1).padStart(8, '0');
  const person = `${random.pick(FIRST_NAMES)} ${random.pick(LAST_NAMES)}`;
  if (traits.type === 'email') return `${person.replace(' ', '.').toLowerCase()}@example.com`;
  if (traits.type === 'phone') return `+43 1 ${random.int(100_000, 999_999)}`;
  if (traits.type === 'url') return `https://www.example.com/${random.int(1, 9999)}`;
  const text =
    traits.extraTypeInfo === 'personname'
      ? personName(traits.name, person)
      : `${random.pick(FIRMS)} ${traits.label} ${index + 1}`;
  return traits.unique ? cut(`${index}-${text}`, traits.length) : cut(text, traits.length ?? 255);
}

/** Does not split a surrogate pair. */
function cut(text: string, length: number | undefined): string {
  return text.slice(0, length).replace(/[\uD800-\uDBFF]$/, '');
}

function personName(part: string, person: string): string {
  const [first = '', last = ''] = person.split(' ');
  if (part === 'Name') return person;
  return part === 'FirstName' ? first : last;
}

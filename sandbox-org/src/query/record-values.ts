import { recordId } from '../org/ids.ts';
import type { FieldTraits } from '../org/model.ts';
import { randomFor, type Random } from '../org/random.ts';
import { moment } from './moment.ts';
import { JsonValue, type Cell } from './table.ts';

const FIRST = [
  'Anna',
  'Ben',
  'Chiara',
  'Dmitri',
  'Elif',
  'Fatima',
  'Goran',
  'Hana',
  'Ivan',
  'Jun',
  'Karim',
  'Lena',
  'Mateo',
  'Noor',
  'Olga',
  'Priya',
] as const;
const LAST = [
  'Huber',
  'Smith',
  'Novak',
  'Garcia',
  'Kowalski',
  'Tanaka',
  'Okafor',
  'Lindqvist',
  'Rossi',
  'Yilmaz',
  'Singh',
  'Dubois',
] as const;
const FIRMS = [
  'Globex',
  'Initech',
  'Umbra',
  'Stark Metall',
  'Wayne Logistik',
  'Acme Foods',
  'Soylent',
  'Vandelay',
  'Hooli',
  'Cyberdyne',
] as const;
const CITIES = [
  'Wien',
  'Graz',
  'Berlin',
  'London',
  'New York',
  'Tokyo',
  'Mumbai',
  'São Paulo',
] as const;

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

/** How references of a value find a record of their target. */
export interface RecordPlaces {
  keyPrefix(object: string): string | null;
  count(object: string): number;
}

/** The value of a field in row `index`; always the same for one seed. A tenth of the nillable ones are null. */
export function recordValue(
  key: string,
  traits: FieldTraits,
  index: number,
  places: RecordPlaces,
): Cell {
  const random = randomFor(`${key}.${traits.name}#${index}`);
  if (traits.nillable !== false && random.chance(traits.name.endsWith('__c') ? 0.3 : 0.1))
    return null;
  switch (traits.type) {
    case 'boolean':
      return traits.name !== 'IsDeleted' && random.chance(0.4);
    case 'int':
    case 'long':
      return random.int(0, 10 ** Math.min(6, traits.digits ?? 6) - 1);
    case 'double':
    case 'currency':
    case 'percent':
      return numberValue(traits, random);
    case 'date':
      return moment(momentMillis(random)).slice(0, 10);
    case 'datetime':
      return moment(momentMillis(random));
    case 'time':
      return `${String(random.int(6, 20)).padStart(2, '0')}:30:00.000Z`;
    case 'reference':
      return referenceValue(traits, random, places);
    case 'picklist':
    case 'combobox':
    case 'multipicklist':
      return choiceValue(traits, random);
    case 'address':
      return new JsonValue({
        ...NOWHERE,
        city: random.pick(CITIES),
        street: `Ring ${random.int(1, 90)}`,
      });
    case 'location':
      return new JsonValue({ latitude: random.int(-80, 80), longitude: random.int(-170, 170) });
    case 'base64':
    case 'json':
    case 'complexvalue':
    case 'floatarray':
    case 'textarray':
    case 'anyType':
      return null;
    default:
      return textValue(traits, random, index);
  }
}

const ERA = Date.UTC(2019, 0, 1);

function momentMillis(random: Random): number {
  return ERA + random.int(0, 2600) * 86_400_000 + random.int(0, 86_399) * 1000;
}

function numberValue({ precision = 18, scale = 0 }: FieldTraits, random: Random): number {
  const whole = random.int(0, 10 ** Math.min(6, Math.max(1, precision - scale)) - 1);
  return scale > 0 ? whole + random.int(0, 99) / 100 : whole;
}

function referenceValue(
  { referenceTo = [] }: FieldTraits,
  random: Random,
  places: RecordPlaces,
): Cell {
  const target = referenceTo.length > 0 ? random.pick(referenceTo) : '';
  const prefix = places.keyPrefix(target);
  const count = places.count(target);
  return prefix && count > 0 ? recordId(prefix, random.int(0, count - 1)) : null;
}

function choiceValue({ picklistValues = [] }: FieldTraits, random: Random): Cell {
  const active = picklistValues.filter((value) => value.active);
  return active.length > 0 ? random.pick(active).value : null;
}

function textValue(traits: FieldTraits, random: Random, index: number): string {
  if (traits.autoNumber) return String(index + 1).padStart(8, '0');
  const person = `${random.pick(FIRST)} ${random.pick(LAST)}`;
  if (traits.type === 'email') return `${person.replace(' ', '.').toLowerCase()}@example.com`;
  if (traits.type === 'phone') return `+43 1 ${random.int(100_000, 999_999)}`;
  if (traits.type === 'url') return `https://www.example.com/${random.int(1, 9999)}`;
  const text =
    traits.extraTypeInfo === 'personname'
      ? personName(traits.name, person)
      : `${random.pick(FIRMS)} ${traits.label} ${index + 1}`;
  return traits.unique ? cut(`${index}-${text}`, traits.length) : cut(text, traits.length ?? 255);
}

/** Not within a character that takes two places. */
function cut(text: string, length: number | undefined): string {
  return text.slice(0, length).replace(/[\uD800-\uDBFF]$/, '');
}

function personName(part: string, person: string): string {
  const [first = '', last = ''] = person.split(' ');
  if (part === 'Name') return person;
  return part === 'FirstName' ? first : last;
}

import type { ObjectEntry } from './model.ts';
import type { Random } from './random.ts';

export type FieldKind =
  | 'text'
  | 'choice'
  | 'flag'
  | 'date'
  | 'datetime'
  | 'number'
  | 'money'
  | 'percent'
  | 'long'
  | 'rich'
  | 'formula'
  | 'multi'
  | 'phone'
  | 'email'
  | 'url'
  | 'auto'
  | 'secret'
  | 'place'
  | 'time'
  | 'rollUp';

/** How often each kind of field occurs, in percent of an object's own fields. */
export const MIX: readonly (readonly [FieldKind, number])[] = [
  ['text', 22],
  ['choice', 20],
  ['flag', 13],
  ['date', 8],
  ['datetime', 4],
  ['number', 7],
  ['money', 7],
  ['percent', 2.5],
  ['long', 2],
  ['rich', 1],
  ['formula', 7],
  ['multi', 1.5],
  ['phone', 0.8],
  ['email', 0.8],
  ['url', 0.8],
  ['auto', 0.3],
  ['secret', 0.3],
  ['place', 0.4],
  ['time', 0.3],
  ['rollUp', 0.8],
];

/** The list of FIELD_TAILS that names of a kind end with. */
export const TAIL_OF: Partial<Record<FieldKind, string>> = {
  choice: 'choice',
  multi: 'choice',
  flag: 'flag',
  date: 'date',
  datetime: 'date',
  time: 'date',
  number: 'number',
  money: 'number',
  percent: 'number',
  rollUp: 'number',
};

/** Median number of own fields, by kind of object or by name. */
const MEDIAN: Record<string, number> = {
  Account: 180,
  Contact: 130,
  Opportunity: 150,
  Lead: 110,
  Case: 120,
  User: 110,
  standard: 44,
  custom: 48,
  setting: 9,
  metadata: 11,
  event: 13,
  big: 9,
  external: 24,
};
const MAX_FIELDS = 480;
/** One object has as many fields as the platform allows. */
const WIDEST = { name: 'Property__c', fields: 880 } as const;

/** The number of an object's own fields: log-normal around the median of its kind. */
export function ownFieldCount(entry: ObjectEntry, random: Random): number {
  if (entry.name === WIDEST.name) return WIDEST.fields;
  const known = MEDIAN[entry.name];
  const median = known ?? MEDIAN[entry.kind] ?? 10;
  return Math.min(
    MAX_FIELDS,
    Math.max(2, Math.round(median * Math.exp(random.normal() * (known ? 0.15 : 0.75)))),
  );
}

import { companionsOf } from './companions.ts';
import { base62 } from './ids.ts';
import type { ObjectEntry, ObjectKind } from './model.ts';
import { hash } from './random.ts';
import { STANDARD_OBJECTS } from './standard-objects.ts';
import { labelOf, pluralOf } from './labels.ts';
import { CUSTOM_HEADS, CUSTOM_TAILS, STANDARD_HEADS, STANDARD_TAILS } from './object-words.ts';

/** The two managed packages of every generated org. */
export const PACKAGES = [
  { namespace: 'fldops', publisher: 'Field Operations Suite', id: '033' },
  { namespace: 'qtc', publisher: 'Quote to Cash', id: '033' },
] as const;

interface Stream {
  readonly weight: number;
  readonly entry: (index: number) => ObjectEntry;
}

/**
 * Weights of the kinds of main objects; the other objects of an org are companions (share, history,
 * feed, change event).
 */
const STREAMS: readonly Stream[] = [
  { weight: 45, entry: standardEntry },
  { weight: 25, entry: (i) => customEntry('custom', null, i, '__c', 'a', 0) },
  { weight: 11, entry: (i) => customEntry('custom', 'fldops', i, '__c', 'a', 2000) },
  { weight: 7, entry: (i) => customEntry('custom', 'qtc', i, '__c', 'a', 2800) },
  {
    weight: 4,
    entry: (i) => customEntry('metadata', i % 3 === 2 ? 'qtc' : null, i, '__mdt', 'm', 0),
  },
  {
    weight: 3,
    entry: (i) => customEntry('setting', i % 3 === 1 ? 'fldops' : null, i, '__c', 'a', 3300),
  },
  {
    weight: 3,
    entry: (i) => customEntry('event', i % 4 === 3 ? 'fldops' : null, i, '__e', 'e', 0),
  },
  { weight: 1, entry: (i) => customEntry('big', null, i, '__b', 'I', 0) },
  { weight: 1, entry: (i) => customEntry('external', null, i, '__x', 'x', 0) },
];

const MAIN_SHARE = 0.56;

/**
 * The org's objects, main objects first: exactly `count`, always the same for one seed and count.
 */
export function listObjects(count: number, seed: number): ObjectEntry[] {
  const mains = mainObjects(Math.max(1, Math.ceil(count * MAIN_SHARE)));
  const companions = mains.flatMap((main) => companionsOf(main, seed));
  companions.sort((a, b) => hash(`${seed}:${a.name}`) - hash(`${seed}:${b.name}`));
  const missing = count - mains.length;
  const chosen = companions.slice(0, missing);
  const filled = chosen.length < missing ? mainObjects(count - chosen.length) : mains;
  return [...filled, ...chosen];
}

/** Interleaves the streams so that each prefix of the list keeps the weights. */
function mainObjects(count: number): ObjectEntry[] {
  const taken = STREAMS.map(() => 0);
  const entries: ObjectEntry[] = [];
  for (let n = 1; n <= count; n++) {
    const due = STREAMS.map((stream, i) => (stream.weight / 100) * (n + 1) - (taken[i] ?? 0));
    const next = due.indexOf(Math.max(...due));
    const index = taken[next] ?? 0;
    taken[next] = index + 1;
    entries.push((STREAMS[next] as Stream).entry(index));
  }
  return entries;
}

function standardEntry(index: number): ObjectEntry {
  const known = STANDARD_OBJECTS[index];
  const name =
    known?.[0] ?? combine(STANDARD_HEADS, STANDARD_TAILS, index - STANDARD_OBJECTS.length, '');
  const keyPrefix = known?.[1] ?? `9${base62(index, 2)}`;
  return entry(name, 'standard', null, keyPrefix, name === 'Product2' ? 'Product' : labelOf(name));
}

const KIND_TAIL: Partial<Record<ObjectKind, string>> = {
  setting: '_Settings',
  metadata: '_Rule',
  event: '_Changed',
  big: '_Archive',
  external: '_Remote',
};

function customEntry(
  kind: ObjectKind,
  namespace: string | null,
  index: number,
  suffix: string,
  letter: string,
  offset: number,
): ObjectEntry {
  const stem = combine(CUSTOM_HEADS, CUSTOM_TAILS, index + offset, '_') + (KIND_TAIL[kind] ?? '');
  const name = `${namespace ? `${namespace}__` : ''}${stem}${suffix}`;
  return entry(
    name,
    kind,
    namespace,
    letter + base62(offset + index, 2),
    oddly(kind, index, labelOf(stem)),
  );
}

/** Two custom objects have labels that break careless code. */
function oddly(kind: ObjectKind, index: number, label: string): string {
  if (kind !== 'custom') return label;
  if (index === 3) return `${label} "Über" 🚀 > Q1::Q2`;
  return index === 7 ? `مشروع ${label}` : label;
}

function entry(
  name: string,
  kind: ObjectKind,
  namespace: string | null,
  keyPrefix: string,
  label: string,
): ObjectEntry {
  return { name, kind, namespace, keyPrefix, label, labelPlural: pluralOf(label), parent: null };
}

/** Combines head and tail; a number follows when all pairs are used. */
function combine(
  heads: readonly string[],
  tails: readonly string[],
  index: number,
  joint: string,
): string {
  const pairs = heads.length * tails.length;
  const head = heads[index % heads.length] ?? '';
  const tail = tails[Math.floor(index / heads.length) % tails.length] ?? '';
  const round = Math.floor(index / pairs);
  return [head, tail].filter(Boolean).join(joint) + (round > 0 ? `${joint}${round + 1}` : '');
}

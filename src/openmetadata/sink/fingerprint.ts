import { createHash } from 'node:crypto';

/**
 * What `sourceHash` is made of. A create request's foreign keys are hashed beside its body, because a key can only be
 * sent once the table it points to exists, and may have to be left out when that never comes.
 */
export interface Fingerprint {
  /** MD5 of everything but the foreign keys. */
  readonly body: string;
}

type Json = Readonly<Record<string, unknown>>;

export function fingerprint(request: Json): Fingerprint {
  const { sourceHash: _, tableConstraints, ...rest } = request;
  const others = list(tableConstraints).filter((constraint) => !isForeignKey(constraint));
  return { body: md5(canonical({ ...rest, tableConstraints: others }, '')) };
}

/** The `sourceHash` of a request with these foreign keys: 32 hexadecimal digits. */
export function sourceHash({ body }: Fingerprint, foreignKeys: readonly unknown[]): string {
  return md5(body + canonical(foreignKeys, 'tableConstraints'));
}

export function isForeignKey(constraint: unknown): boolean {
  return isObject(constraint) && constraint['constraintType'] === 'FOREIGN_KEY';
}

/** What says which element of a list is which, where the order says nothing. */
const UNORDERED: Readonly<Record<string, (element: Json) => string>> = {
  tags: (tag) => String(tag['tagFQN']),
  owners: (owner) => String(owner['id']),
  columns: (column) =>
    `${String(Number(column['ordinalPosition'] ?? 0)).padStart(6, '0')} ${String(column['name'])}`,
  tableConstraints: (constraint) => canonical(constraint, ''),
};

/** JSON with its keys, and the lists whose order means nothing, sorted. `name` is the property that holds the value. */
function canonical(value: unknown, name: string): string {
  if (Array.isArray(value))
    return `[${sorted(value, name)
      .map((element) => canonical(element, ''))
      .join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? 'null';
  const keys = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key], key)}`).join(',')}}`;
}

function sorted(elements: readonly unknown[], name: string): readonly unknown[] {
  const keyOf = UNORDERED[name];
  if (keyOf === undefined || !elements.every(isObject)) return elements;
  const keyed = elements.map((element) => ({ key: keyOf(element), element }));
  return keyed
    .sort((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)))
    .map(({ element }) => element);
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** OpenMetadata's field holds 32 characters. Nothing relies on it being hard to forge. */
function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

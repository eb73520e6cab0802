import { createHash } from 'node:crypto';
import { isJson, type Json } from '../../../foundation/src/domain/json.ts';

/**
 * The input of `sourceHash`. The foreign keys of a create request are hashed apart from its body: a
 * key can only be sent once its target exists, and is dropped when the target never arrives.
 */
export interface Fingerprint {
  /** MD5 of everything but the foreign keys. */
  readonly body: string;
}

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
  return isJson(constraint) && constraint['constraintType'] === 'FOREIGN_KEY';
}

/** Sort keys of the elements of lists whose order has no meaning. */
const UNORDERED: Readonly<Record<string, (element: Json) => string>> = {
  tags: (tag) => String(tag['tagFQN']),
  owners: (owner) => String(owner['id']),
  columns: (column) =>
    `${String(Number(column['ordinalPosition'] ?? 0)).padStart(6, '0')} ${String(column['name'])}`,
  tableConstraints: (constraint) => canonical(constraint, ''),
};

/**
 * JSON with sorted keys and sorted unordered lists. `name` is the property that holds the value.
 */
function canonical(value: unknown, name: string): string {
  if (Array.isArray(value))
    return `[${sorted(value, name)
      .map((element) => canonical(element, ''))
      .join(',')}]`;
  if (!isJson(value)) return JSON.stringify(value) ?? 'null';
  const keys = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key], key)}`).join(',')}}`;
}

function sorted(elements: readonly unknown[], name: string): readonly unknown[] {
  const keyOf = UNORDERED[name];
  if (keyOf === undefined || !elements.every(isJson)) return elements;
  const keyed = elements.map((element) => ({ key: keyOf(element), element }));
  return keyed
    .sort((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)))
    .map(({ element }) => element);
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** OpenMetadata's field holds 32 characters. Not a security feature. */
function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

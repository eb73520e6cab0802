import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { FieldRow } from './definition-rows.ts';
import { FASTEST } from './describe-pack.ts';

const NONE: ReadonlyMap<string, never> = new Map<string, never>();

/**
 * The rows of one call for definitions, which wait until the tables of its objects are built. Many
 * calls may wait, and the rows of each would take half a megabyte as objects: compressed they take
 * a twentieth, outside of the heap.
 */
export class PackedRows {
  readonly #packed: Buffer;
  /** Where the rows of an object begin and end in the text. */
  readonly #places = new Map<string, readonly [start: number, end: number]>();
  #text: Buffer | undefined;

  /** Rows by object, then by field name. */
  constructor(rows: ReadonlyMap<string, ReadonlyMap<string, FieldRow>>) {
    const texts: Buffer[] = [];
    let length = 0;
    for (const [object, ofObject] of rows) {
      const text = Buffer.from(JSON.stringify([...ofObject.values()]));
      texts.push(text);
      this.#places.set(object, [length, (length += text.length)]);
    }
    this.#packed = zstdCompressSync(Buffer.concat(texts, length), FASTEST);
  }

  /** Rows of an object by field name. The text stays unpacked, since other objects follow. */
  of(object: string): ReadonlyMap<string, FieldRow> {
    const place = this.#places.get(object);
    if (place === undefined) return NONE;
    this.#text ??= zstdDecompressSync(this.#packed);
    const rows = JSON.parse(this.#text.toString('utf8', ...place)) as readonly FieldRow[];
    return new Map(rows.map((row) => [row.QualifiedApiName, row]));
  }
}

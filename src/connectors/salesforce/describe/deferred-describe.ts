import { parseResponse, type PartAnswer } from '../api/composite.ts';
import { incomplete } from '../api/pages.ts';
import type { DescribePack, PackedText } from './describe-pack.ts';
import { readFields } from './sobject-field.ts';
import { readHead, type DescribedObject } from './sobject-describe.ts';

/**
 * A describe result that waits until everything else about its object has been read. Its fields,
 * which are nearly all of it, wait in a pack outside of the heap, so waiting results cost the
 * garbage collector nothing.
 */
export class DeferredDescribe {
  readonly #what: string;
  readonly #head: Omit<DescribedObject, 'fields'>;
  readonly #fields: PackedText;
  /** Number of fields. */
  readonly size: number;

  /**
   * Throws SALESFORCE_UNEXPECTED for a body that is not a describe result, is incomplete, or is of
   * another object.
   */
  constructor(
    { body, extracted }: Pick<PartAnswer, 'body' | 'extracted'>,
    name: string,
    pack: DescribePack,
  ) {
    this.#what = `describe of ${name}`;
    if (typeof body !== 'object' || body === null || !('name' in body) || body.name !== name)
      throw incomplete(this.#what, 'it describes another object');
    this.#head = readHead(body);
    // Every object has at least an Id.
    if (extracted === undefined || extracted.length === 0)
      throw incomplete(this.#what, 'no fields');
    this.#fields = pack.add(extracted.json);
    this.size = extracted.length;
  }

  /** Memory that it takes until it is read. */
  get bytes(): number {
    return this.#fields.bytes();
  }

  /**
   * The whole result. Call once: it is released. Throws SALESFORCE_UNEXPECTED for a field with an
   * unexpected format.
   */
  read(): DescribedObject {
    return { ...this.#head, fields: readFields(parseResponse(this.#fields.read(), this.#what)) };
  }
}

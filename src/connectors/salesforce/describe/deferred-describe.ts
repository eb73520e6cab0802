import { parseJson, type PartAnswer } from '../api/composite.ts';
import { incomplete } from '../api/pages.ts';
import { readFields } from './sobject-field.ts';
import { readHead, type DescribedObject } from './sobject-describe.ts';

/**
 * A describe that waits until all else that is read of its object is there. Its fields, which are nearly all of it,
 * wait as the bytes they came as: those lie outside of the heap, so however many wait, the collector has nothing to do.
 */
export class DeferredDescribe {
  readonly #what: string;
  readonly #head: Omit<DescribedObject, 'fields'>;
  readonly #fields: ArrayBuffer;
  /** How many fields there are. */
  readonly size: number;

  /** Throws SALESFORCE_UNEXPECTED for an answer that is no describe, is not whole, or is of another object than `name`. */
  constructor({ body, extracted }: Pick<PartAnswer, 'body' | 'extracted'>, name: string) {
    this.#what = `describe of ${name}`;
    if (typeof body !== 'object' || body === null || !('name' in body) || body.name !== name)
      throw incomplete(this.#what, 'it is of another object');
    this.#head = readHead(body);
    // Each object has an Id at least.
    if (extracted === undefined || extracted.length === 0)
      throw incomplete(this.#what, 'it has no fields');
    this.#fields = new ArrayBuffer(extracted.json.length);
    Buffer.from(this.#fields).set(extracted.json);
    this.size = extracted.length;
  }

  /** The whole of it, once: nothing is held of it any more. Throws SALESFORCE_UNEXPECTED where a field is not as fields are. */
  read(): DescribedObject {
    const fields = Buffer.from(this.#fields).toString('utf8');
    this.#fields.transfer(0);
    return { ...this.#head, fields: readFields(parseJson(fields, this.#what)) };
  }
}

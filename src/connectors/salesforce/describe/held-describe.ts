import { parseJson, type PartAnswer } from '../api/composite.ts';
import { readFields, readHead, type DescribedObject } from './describe.ts';

/**
 * A describe that waits until all else that is read of its object is there. Its fields, which are nearly all of it,
 * wait as the bytes they came as: those lie outside of the heap, so however many wait, the collector has nothing to do.
 */
export class HeldDescribe {
  readonly #what: string;
  readonly #head: Omit<DescribedObject, 'fields'>;
  readonly #fields: ArrayBuffer;
  /** How many fields there are. */
  readonly size: number;

  /** Throws SALESFORCE_UNEXPECTED for an answer that is no describe. */
  constructor({ body, taken }: Pick<PartAnswer, 'body' | 'taken'>, what: string) {
    this.#what = what;
    this.#head = readHead(body);
    this.#fields = new ArrayBuffer(taken?.json.length ?? 0);
    if (taken !== undefined) Buffer.from(this.#fields).set(taken.json);
    this.size = taken?.length ?? 0;
  }

  /** The whole of it, once: nothing is held of it any more. Throws SALESFORCE_UNEXPECTED where a field is not as fields are. */
  read(): DescribedObject {
    const fields = Buffer.from(this.#fields).toString('utf8');
    this.#fields.transfer(0);
    return { ...this.#head, fields: readFields(fields === '' ? [] : parseJson(fields, this.#what)) };
  }
}

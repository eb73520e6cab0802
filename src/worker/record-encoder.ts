import type { RunRecord } from '../../foundation/src/domain/record.ts';

/**
 * JSON of the records of an attempt. An incremental run compares a table's JSON with that of the
 * previous run just before the table is written; the text is then used again. Records do not change
 * once they are encoded.
 */
export class RecordEncoder {
  #previewed: { readonly record: RunRecord; readonly json: string } | undefined;

  /** The JSON of a record that is probably written next. */
  preview(record: RunRecord): string {
    const json = JSON.stringify(record);
    this.#previewed = { record, json };
    return json;
  }

  /** The JSON of a record, to write it. */
  encode(record: RunRecord): string {
    const previewed = this.#previewed;
    if (previewed?.record !== record) return JSON.stringify(record);
    this.#previewed = undefined;
    return previewed.json;
  }
}

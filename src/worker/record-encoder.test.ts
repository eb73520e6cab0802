import { describe, expect, it } from 'vitest';
import type { EntityRecord } from '../../foundation/src/domain/record.ts';
import { RecordEncoder } from './record-encoder.ts';

/** A record that counts how often it is encoded. */
function counting(): { readonly record: EntityRecord; readonly times: () => number } {
  let times = 0;
  const toJSON = (): string => `encoded ${++times}`;
  return {
    record: { kind: 'entity', type: 'table', fqn: 'a', request: { toJSON } },
    times: () => times,
  };
}

describe('RecordEncoder', () => {
  it('reuses the text of a preview when that record is written', () => {
    const encoder = new RecordEncoder();
    const { record, times } = counting();
    expect(encoder.encode(record)).not.toBe(encoder.preview(record));
    expect(encoder.preview(record)).toBe(encoder.encode(record));
    expect(times()).toBe(3);
  });

  it('encodes a record other than the previewed one', () => {
    const encoder = new RecordEncoder();
    const [first, second] = [counting(), counting()];
    encoder.preview(first.record);
    expect(encoder.encode(second.record)).toBe(
      JSON.stringify({ ...second.record, request: 'encoded 1' }),
    );
    encoder.encode(first.record);
    expect(first.times()).toBe(1);
  });
});

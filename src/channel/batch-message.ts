import type { Batch } from './frames.ts';

/** Field numbers of the proto: of a batch in a frame, and of the payload in a batch. */
export interface BatchFields {
  readonly batch: number;
  readonly payload: number;
}

const LENGTH_DELIMITED = 2;

/**
 * The frame of a batch in pieces, one of which is the payload itself: batches are nearly all that a
 * link sends, and each copy of them costs processor time and collections. `encode` serializes some
 * fields of a batch.
 */
export function batchMessage(
  { payload, last, ...rest }: Batch,
  fields: BatchFields,
  encode: (batch: Partial<Batch>) => Uint8Array,
): readonly Uint8Array[] {
  const [before, after] = [encode(rest), encode({ last })];
  const head = fieldHead(fields.payload, payload.length);
  const length = before.length + head.length + payload.length + after.length;
  return [Buffer.concat([fieldHead(fields.batch, length), before, head]), payload, after];
}

function fieldHead(field: number, length: number): Uint8Array {
  return Uint8Array.from([...sevenBits((field << 3) | LENGTH_DELIMITED), ...sevenBits(length)]);
}

/** Seven bits a byte, lowest first; the highest bit says that another byte follows. */
function sevenBits(value: number): readonly number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest];
}

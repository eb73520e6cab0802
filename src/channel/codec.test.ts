import { describe, expect, it } from 'vitest';
import { loadCodec } from './codec.ts';
import type { Frame } from './frames.ts';

function batchOf(payload: Uint8Array, last: boolean): Frame & { readonly kind: 'batch' } {
  return {
    kind: 'batch',
    body: {
      ref: { runId: 'r', attempt: 1, epoch: 2 ** 40 },
      firstSequence: 2 ** 45,
      count: 0,
      codec: 'CODEC_NONE',
      crc32: 4_294_967_295,
      rawBytes: payload.length,
      payload,
      last,
    },
  };
}

describe('codec', () => {
  it('decodes numbers, enum names and bytes into the generated types', async () => {
    const { encode, decode } = await loadCodec();
    const frame: Frame = {
      kind: 'welcome',
      body: {
        positions: [
          {
            ref: { runId: 'r', attempt: 2, epoch: Number.MAX_SAFE_INTEGER },
            verdict: 'VERDICT_KEEP',
            storedSequence: 2 ** 45,
          },
        ],
        creditBytes: 8 << 20,
        heartbeatIntervalMs: 15_000,
        maxBatchBytes: 1 << 20,
        controlPlane: 'x',
        features: ['zstd'],
        auditHead: 2 ** 40,
      },
    };
    expect(decode(encode(frame))).toEqual(frame);
  });

  it.each([0, 1, 127, 128, 16_384, 1_000_000])(
    'encodes a batch of %i bytes in pieces to the same bytes, without a copy of the payload',
    async (size) => {
      const { encode, encodePieces } = await loadCodec();
      for (const last of [false, true]) {
        const frame = batchOf(Buffer.alloc(size, 7), last);
        const pieces = encodePieces(frame);
        expect(Buffer.concat(pieces).equals(encode(frame))).toBe(true);
        expect(pieces).toContain(frame.body.payload);
      }
    },
  );

  it('fills in defaults for absent fields', async () => {
    const { decode } = await loadCodec();
    expect(decode(Buffer.from('7200', 'hex'))).toEqual({
      kind: 'ack',
      body: { ref: null, upTo: 0 },
    });
  });

  it('ignores unknown fields', async () => {
    const { decode } = await loadCodec();
    expect(decode(Buffer.from('720510059a0600', 'hex'))).toEqual({
      kind: 'ack',
      body: { ref: null, upTo: 5 },
    });
  });

  it('rejects bytes that are not a frame', async () => {
    const { decode, decodeStatement } = await loadCodec();
    for (const bytes of ['ff', '0aff', '6a7f01'])
      expect(() => decode(Buffer.from(bytes, 'hex'))).toThrow(
        expect.objectContaining({ code: 'PROTOCOL_VIOLATION' }),
      );
    expect(() => decodeStatement(Buffer.from('0aff', 'hex'))).toThrow(
      expect.objectContaining({ code: 'PROTOCOL_VIOLATION' }),
    );
  });
});

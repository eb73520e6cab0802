import { Readable } from 'node:stream';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type BodyLimits, inflate, receiveBody } from './body.ts';

const limits = { maxBytes: 4 * 1024 * 1024, maxRatio: 200 };
const readBody = async (
  stream: Readable,
  encoding: string | undefined,
  { maxBytes, maxRatio }: BodyLimits,
): Promise<Buffer> =>
  inflate(await receiveBody(stream, encoding, { maxBytes, unexpected: 'SINK_REJECTED' }), {
    maxBytes,
    maxRatio,
  });
const bodyOf = (...chunks: Buffer[]): Readable => Readable.from(chunks);

describe('a body', () => {
  it('is read uncompressed or from gzip', async () => {
    const text = Buffer.from('{"sobjects":[]}');
    expect(
      await readBody(bodyOf(text.subarray(0, 5), text.subarray(5)), undefined, limits),
    ).toEqual(text);
    expect(await readBody(bodyOf(gzipSync(text)), 'gzip', limits)).toEqual(text);
  });

  it.each([
    ['that is larger than allowed', Buffer.alloc(5 * 1024 * 1024), undefined],
    ['that inflates to more than allowed', gzipSync(Buffer.alloc(100 * 1024 * 1024)), 'gzip'],
    ['that grows more than it may', gzipSync(Buffer.alloc(2 * 1024 * 1024)), 'gzip'],
    [
      'of several gzip members that together are too large',
      Buffer.concat(Array.from({ length: 40 }, () => gzipSync(Buffer.alloc(1024 * 1024)))),
      'gzip',
    ],
  ])('%s is rejected', async (_what, bytes, encoding) => {
    const before = process.memoryUsage().rss;
    await expect(readBody(bodyOf(bytes), encoding, limits)).rejects.toMatchObject({
      code: 'RESPONSE_TOO_LARGE',
      retryable: false,
    });
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
  });

  it.each(['br', 'deflate', 'gzip, gzip', 'zstd'])(
    'in %s, which was not asked for, is rejected',
    async (encoding) => {
      await expect(
        readBody(bodyOf(brotliCompressSync(Buffer.alloc(1024))), encoding, limits),
      ).rejects.toMatchObject({ code: 'SINK_REJECTED' });
    },
  );

  it.each([
    [Buffer.from('not gzip at all')],
    [gzipSync(Buffer.from('x'.repeat(5000))).subarray(0, 30)],
    [Buffer.alloc(0)],
  ])('that is damaged or cut off may be asked for again', async (bytes) => {
    await expect(readBody(bodyOf(bytes), 'gzip', limits)).rejects.toMatchObject({
      code: 'NETWORK_RESET',
      retryable: true,
    });
  });
});

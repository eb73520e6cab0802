import type { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { RunnerError } from '../../../runtime/errors.ts';

export interface BodyLimits {
  /** Most bytes, as received and decompressed. */
  readonly maxBytes: number;
  /** Most bytes out for a byte in, beyond the first 1 MiB. */
  readonly maxRatio: number;
}

const FREE_OF_RATIO = 1024 * 1024;
/** Where the size that a gzip body ends with is not to be believed, it is inflated in pieces of this size. */
const CHUNK = 256 * 1024;

/** A whole body as it came. */
export interface ReceivedBody {
  readonly bytes: Buffer;
  readonly compressed: boolean;
}

/**
 * Reads a body, plain or gzip, that is no larger than any honest answer. Throws RESPONSE_TOO_LARGE, SALESFORCE_UNEXPECTED
 * for an encoding that was not asked for, and what the stream throws.
 */
export async function receiveBody(
  stream: Readable,
  encoding: string | undefined,
  { maxBytes }: BodyLimits,
): Promise<ReceivedBody> {
  if (encoding !== undefined && encoding !== 'identity' && encoding !== 'gzip') {
    stream.on('error', () => undefined).destroy();
    throw new RunnerError(
      'SALESFORCE_UNEXPECTED',
      'a response has an encoding that was not asked for',
    );
  }
  return { bytes: await collect(stream, maxBytes), compressed: encoding === 'gzip' };
}

async function collect(stream: Readable, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes)
      throw new RunnerError('RESPONSE_TOO_LARGE', `a response is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

/** The body as it was meant; inflating stops at the first byte too many. Throws RESPONSE_TOO_LARGE, NETWORK_RESET for a damaged body. */
export function inflate(
  { bytes: received, compressed }: ReceivedBody,
  { maxBytes, maxRatio }: BodyLimits,
): Buffer {
  if (!compressed) return received;
  const most = Math.min(maxBytes, Math.max(FREE_OF_RATIO, received.length * maxRatio));
  try {
    return gunzipSync(received, { maxOutputLength: most, chunkSize: sizeSaid(received, most) });
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_BUFFER_TOO_LARGE') {
      throw new RunnerError(
        'RESPONSE_TOO_LARGE',
        `a response of ${received.length} bytes is more than ${most} bytes when it is decompressed`,
        { cause: thrown },
      );
    }
    throw new RunnerError('NETWORK_RESET', 'a compressed response is damaged or cut off', {
      cause: thrown,
    });
  }
}

/** What the body says its size is, with a byte to spare: it then comes in one piece, and nothing is copied. */
function sizeSaid(received: Buffer, most: number): number {
  const said = received.length < 4 ? 0 : received.readUInt32LE(received.length - 4);
  return said > CHUNK && said < most ? said + 1 : CHUNK;
}

/** Gives the memory of a body back at once, rather than when it is next noticed that nobody reads it any more. */
export function release(body: Buffer): void {
  const { buffer } = body;
  // Small buffers share a slab with others.
  if (
    buffer instanceof ArrayBuffer &&
    body.byteOffset === 0 &&
    buffer.byteLength >= CHUNK &&
    buffer.byteLength <= body.length + 1
  )
    buffer.transfer(0);
}

import type { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import type { ErrorCode } from '../runtime/error-codes.ts';
import { errorCodeOf } from '../runtime/errno.ts';
import { RunnerError } from '../runtime/errors.ts';

export interface BodyLimits {
  /** Size limit of a body, as received and decompressed. */
  readonly maxBytes: number;
  /** Limit of decompressed bytes for each received byte, beyond the first 1 MiB. */
  readonly maxRatio: number;
}

/** Decompressed bytes to which the ratio does not apply. */
const RATIO_FREE_BYTES = 1024 * 1024;
/** Bodies are inflated in chunks of this size when their stated size cannot be trusted. */
const CHUNK_BYTES = 256 * 1024;

/** A whole body as received. */
export interface ReceivedBody {
  readonly bytes: Buffer;
  readonly compressed: boolean;
}

/**
 * Reads a body, plain or gzip, within the size limit. Throws RESPONSE_TOO_LARGE, `unexpected` for
 * an encoding that was not requested, and the errors of the stream.
 */
export async function receiveBody(
  stream: Readable,
  encoding: string | undefined,
  { maxBytes, unexpected }: { readonly maxBytes: number; readonly unexpected: ErrorCode },
): Promise<ReceivedBody> {
  if (encoding !== undefined && encoding !== 'identity' && encoding !== 'gzip') {
    stream.on('error', () => undefined).destroy();
    throw new RunnerError(unexpected, 'response has a content encoding that was not requested');
  }
  return { bytes: await collect(stream, maxBytes), compressed: encoding === 'gzip' };
}

async function collect(stream: Readable, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes)
      throw new RunnerError('RESPONSE_TOO_LARGE', `response exceeds ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

/**
 * The decompressed body; inflating stops at the first byte over the limit. Throws
 * RESPONSE_TOO_LARGE, and NETWORK_RESET for a damaged body.
 */
export function inflate(
  { bytes: received, compressed }: ReceivedBody,
  { maxBytes, maxRatio }: BodyLimits,
): Buffer {
  if (!compressed) return received;
  const limit = Math.min(maxBytes, Math.max(RATIO_FREE_BYTES, received.length * maxRatio));
  try {
    return gunzipSync(received, {
      maxOutputLength: limit,
      chunkSize: statedSize(received, limit),
    });
  } catch (thrown) {
    const cause = { cause: thrown };
    if (errorCodeOf(thrown) === 'ERR_BUFFER_TOO_LARGE') {
      const message = `response of ${received.length} bytes exceeds ${limit} bytes when decompressed`;
      throw new RunnerError('RESPONSE_TOO_LARGE', message, cause);
    }
    throw new RunnerError('NETWORK_RESET', 'compressed response is damaged or truncated', cause);
  }
}

/**
 * The size in the gzip trailer plus one byte: the output then fits one chunk, and nothing is
 * copied.
 */
function statedSize(received: Buffer, limit: number): number {
  const size = received.length < 4 ? 0 : received.readUInt32LE(received.length - 4);
  return size > CHUNK_BYTES && size < limit ? size + 1 : CHUNK_BYTES;
}

/** Frees the memory of a body at once, before the garbage collector finds it. */
export function release(body: Buffer): void {
  const { buffer } = body;
  // Small buffers share a slab with others.
  if (
    buffer instanceof ArrayBuffer &&
    body.byteOffset === 0 &&
    buffer.byteLength >= CHUNK_BYTES &&
    buffer.byteLength <= body.length + 1
  )
    buffer.transfer(0);
}

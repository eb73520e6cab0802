import type { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { RunnerError } from '../../runtime/errors.ts';

export interface BodyLimits {
  /** Most bytes, as received and decompressed. */
  readonly maxBytes: number;
  /** Most bytes out for a byte in, beyond the first 1 MiB. */
  readonly maxRatio: number;
}

const FREE_OF_RATIO = 1024 * 1024;
/** Large steps: a body of some megabytes is then a few pieces and not hundreds. */
const CHUNK = 256 * 1024;

/**
 * Reads a body, plain or gzip, that is no larger than any honest answer. It is decompressed when it is complete: what
 * waits in memory while calls are under way is the compressed form, and inflating stops at the first byte too many.
 * Throws RESPONSE_TOO_LARGE, NETWORK_RESET for a damaged body, SALESFORCE_UNEXPECTED for an encoding that was not asked
 * for, and what the stream throws.
 */
export async function readBody(stream: Readable, encoding: string | undefined, limits: BodyLimits): Promise<Buffer> {
  if (encoding !== undefined && encoding !== 'identity' && encoding !== 'gzip') {
    stream.on('error', () => undefined).destroy();
    throw new RunnerError('SALESFORCE_UNEXPECTED', 'a response has an encoding that was not asked for');
  }
  const received = await collect(stream, limits.maxBytes);
  return encoding === 'gzip' ? inflate(received, limits) : received;
}

async function collect(stream: Readable, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw new RunnerError('RESPONSE_TOO_LARGE', `a response is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

function inflate(received: Buffer, { maxBytes, maxRatio }: BodyLimits): Buffer {
  const most = Math.min(maxBytes, Math.max(FREE_OF_RATIO, received.length * maxRatio));
  try {
    return gunzipSync(received, { maxOutputLength: most, chunkSize: CHUNK });
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_BUFFER_TOO_LARGE') {
      throw new RunnerError('RESPONSE_TOO_LARGE', `a response of ${received.length} bytes is more than ${most} bytes when it is decompressed`, { cause: thrown });
    }
    throw new RunnerError('NETWORK_RESET', 'a compressed response is damaged or cut off', { cause: thrown });
  }
}

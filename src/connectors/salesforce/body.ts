import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { RunnerError } from '../../runtime/errors.ts';

export interface BodyLimits {
  /** Most bytes after decompression. */
  readonly maxBytes: number;
  /** Most bytes out for a byte in, once a response has passed 1 MiB. */
  readonly maxRatio: number;
}

const RATIO_FROM = 1024 * 1024;

/**
 * Reads a body, as plain bytes or gzip, and stops as soon as it is larger than any honest answer: what is held is never
 * more than `maxBytes` and a chunk. Throws RESPONSE_TOO_LARGE, SALESFORCE_UNEXPECTED for a broken or unasked encoding,
 * and whatever the stream throws.
 */
export async function readBody(stream: Readable, encoding: string | undefined, limits: BodyLimits): Promise<Buffer> {
  if (encoding === undefined || encoding === 'identity') return collect(stream, () => Infinity, limits);
  if (encoding !== 'gzip') throw stop(stream, new RunnerError('SALESFORCE_UNEXPECTED', 'a response has an encoding that was not asked for'));
  let received = 0;
  const gunzip = createGunzip();
  stream.on('data', (chunk: Buffer) => { received += chunk.length; });
  stream.on('error', (error) => gunzip.destroy(error));
  stream.on('aborted', () => gunzip.destroy(new RunnerError('NETWORK_RESET', 'the response broke off')));
  try {
    return await collect(stream.pipe(gunzip), () => received, limits);
  } catch (thrown) {
    throw stop(stream, isZlib(thrown) ? new RunnerError('NETWORK_RESET', 'a compressed response is damaged or cut off', { cause: thrown }) : RunnerError.from(thrown, 'NETWORK_RESET'));
  }
}

async function collect(stream: Readable, received: () => number, { maxBytes, maxRatio }: BodyLimits): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    chunks.push(chunk);
    if (size > maxBytes) throw stop(stream, new RunnerError('RESPONSE_TOO_LARGE', `a response is larger than ${maxBytes} bytes`));
    if (size > RATIO_FROM && size > received() * maxRatio) throw stop(stream, new RunnerError('RESPONSE_TOO_LARGE', `a response grew more than ${maxRatio} times when it was decompressed`));
  }
  return Buffer.concat(chunks, size);
}

function stop(stream: Readable, error: RunnerError): RunnerError {
  stream.on('error', () => undefined).destroy();
  return error;
}

function isZlib(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' && (thrown.code.startsWith('Z_') || thrown.code.startsWith('ERR_ZLIB'));
}

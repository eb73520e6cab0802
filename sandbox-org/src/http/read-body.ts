import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { ApiError } from '../errors.ts';

const decompress = promisify(gunzip);
const LARGEST = 50 * 1_048_576;

export interface ReadBody {
  readonly text: string;
  /** Size before decompression. */
  readonly bytes: number;
}

/** The request body, decompressed. Throws ApiError 413 beyond 50 MB and 400 for damaged gzip. */
export async function readBody(request: IncomingMessage): Promise<ReadBody> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > LARGEST)
      throw new ApiError(413, 'REQUEST_ENTITY_TOO_LARGE', 'The request body is too large');
    chunks.push(chunk);
  }
  const raw = Buffer.concat(chunks);
  return { text: (await unpack(raw, request.headers['content-encoding'])).toString(), bytes };
}

async function unpack(raw: Buffer, encoding: string | undefined): Promise<Buffer> {
  if (encoding?.toLowerCase() !== 'gzip' || raw.length === 0) return raw;
  try {
    return await decompress(raw, { maxOutputLength: LARGEST });
  } catch {
    throw new ApiError(400, 'INVALID_REQUEST', 'The request body is not valid gzip');
  }
}

import { isJson } from '../../../foundation/src/domain/json.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';

/*
 * The compact form of JWS (RFC 7515), of which exactly one kind is accepted: EdDSA, a key named by
 * its id, our type, and nothing else in the header. So no field can name another algorithm, bring a
 * key along, or change how the payload is read.
 */

export const ALGORITHM = 'EdDSA';
export const TYPE = 'hybrid-runner-job';
export const MAX_SIGNATURE_CHARACTERS = 400_000;

const HEADER_FIELDS = ['alg', 'kid', 'typ'];
const SIGNATURE_BYTES = 64;

export interface CompactJws {
  readonly keyId: string;
  readonly payload: Buffer;
  /** What is signed. */
  readonly input: Buffer;
  readonly signature: Buffer;
}

/** Throws JOB_SIGNATURE_MALFORMED, JOB_SIGNATURE_ALGORITHM, JOB_SIGNATURE_FIELD. */
export function parseCompactJws(text: string): CompactJws {
  if (text.length > MAX_SIGNATURE_CHARACTERS)
    throw malformed(`it exceeds ${MAX_SIGNATURE_CHARACTERS} characters`);
  const parts = text.split('.');
  if (parts.length !== 3) throw malformed('it does not have three parts');
  const [head, body, tail] = parts as [string, string, string];
  const keyId = keyIdIn(decode(head, 'header'));
  const payload = decode(body, 'payload');
  const signature = decode(tail, 'signature');
  if (signature.byteLength !== SIGNATURE_BYTES) throw malformed('it does not have 64 bytes');
  return { keyId, payload, signature, input: Buffer.from(`${head}.${body}`) };
}

function keyIdIn(bytes: Buffer): string {
  const header = parseHeader(bytes);
  if (header['alg'] !== ALGORITHM)
    throw new RunnerError(
      'JOB_SIGNATURE_ALGORITHM',
      `the signature of the job does not use the algorithm ${ALGORITHM}`,
    );
  if (Object.keys(header).some((field) => !HEADER_FIELDS.includes(field)))
    throw new RunnerError(
      'JOB_SIGNATURE_FIELD',
      'the header of the job’s signature has a field that this version does not know',
    );
  if (header['typ'] !== TYPE) throw malformed('it is not a signature of a job');
  if (typeof header['kid'] !== 'string') throw malformed('it names no key');
  return header['kid'];
}

function parseHeader(bytes: Buffer): Readonly<Record<string, unknown>> {
  try {
    const header: unknown = JSON.parse(bytes.toString('utf8'));
    if (isJson(header)) return header;
  } catch {
    // Below.
  }
  throw malformed('its header is not a JSON object');
}

/** One text for each value: what decodes to the same bytes in another spelling is rejected. */
function decode(part: string, what: string): Buffer {
  const bytes = Buffer.from(part, 'base64url');
  if (part === '' || bytes.toString('base64url') !== part)
    throw malformed(`its ${what} is not base64url`);
  return bytes;
}

export function malformed(problem: string): RunnerError {
  return new RunnerError(
    'JOB_SIGNATURE_MALFORMED',
    `the signature of the job cannot be read: ${problem}`,
  );
}

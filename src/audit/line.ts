import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { AuditEvent } from '../../foundation/src/logging/audit-trail.ts';
import { canonicalJson } from '../../foundation/src/runtime/canonical-json.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';

/** The end of a chain: the number of its last line and that line's hash. */
export interface Link {
  readonly number: number;
  readonly hash: string;
}

/** Before the first line. */
export const START: Link = { number: 0, hash: '0'.repeat(64) };

const HASH = z.string().regex(/^[0-9a-f]{64}$/);
const lineSchema = z.looseObject({
  number: z.int().positive(),
  time: z.iso.datetime(),
  event: z.string(),
  previous: HASH,
  hash: HASH,
});

export type Line = z.infer<typeof lineSchema>;

export interface EncodedLine extends Link {
  /** With its newline. */
  readonly text: string;
}

const MAX_LINE_BYTES = 32 * 1024;
/** More than number, time and hashes take. */
const FRAME_BYTES = 512;

/** Throws INTERNAL for an event whose line would be too long to be found again at the end. */
export function assertSize(event: AuditEvent): void {
  if (Buffer.byteLength(canonicalJson(event)) > MAX_LINE_BYTES - FRAME_BYTES)
    throw new RunnerError('INTERNAL', `an audit event exceeds ${MAX_LINE_BYTES} bytes`);
}

/** The lines that continue a chain. */
export function encodeAll(events: readonly AuditEvent[], after: Link, now: number): Buffer {
  let end = after;
  let text = '';
  for (const event of events) {
    const line = encodeLine(event, end, now);
    text += line.text;
    end = line;
  }
  return Buffer.from(text);
}

/** The line that continues a chain. `hash` covers all of it, and with `previous` all before it. */
export function encodeLine(event: AuditEvent, after: Link, now: number): EncodedLine {
  const number = after.number + 1;
  const time = new Date(now).toISOString();
  const body = { ...event, number, time, previous: after.hash };
  const hash = hashOf(body);
  return { number, hash, text: `${canonicalJson({ ...body, hash })}\n` };
}

/** Undefined unless it is exactly the text of a line with a correct hash. */
export function parseLine(text: string): Line | undefined {
  try {
    const line = lineSchema.parse(JSON.parse(text));
    const { hash, ...body } = line;
    return canonicalJson(line) === text && hashOf(body) === hash ? line : undefined;
  } catch {
    return undefined;
  }
}

function hashOf(body: object): string {
  return createHash('sha256').update(canonicalJson(body)).digest('hex');
}

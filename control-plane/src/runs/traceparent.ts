import { createHash } from 'node:crypto';
import type { Run } from './run.ts';

/**
 * The id of the trace that all attempts of a run belong to, also after a restart: it follows from
 * that of the run.
 */
export function traceIdOf({ id }: Pick<Run, 'id'>): string {
  return digest(id, 32);
}

/** The W3C trace context of an attempt, for the spans of its runner. */
export function traceparentOf(run: Pick<Run, 'id' | 'attempt'>): string {
  return `00-${traceIdOf(run)}-${digest(`${run.id}.${run.attempt}`, 16)}-01`;
}

function digest(text: string, length: number): string {
  return createHash('sha256').update(`trace ${text}`).digest('hex').slice(0, length);
}

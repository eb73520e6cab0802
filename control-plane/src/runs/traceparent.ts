import { hash } from 'node:crypto';
import type { AttemptRef } from '../link/frames.ts';

/**
 * The id of the trace that all attempts of a run belong to, also after a restart: it follows from
 * that of the run.
 */
export function traceIdOf(runId: string): string {
  return digest(runId, 32);
}

/** The id of the span that an offer and all that follows from it belong to. */
export function attemptSpanId({ runId, epoch }: Pick<AttemptRef, 'runId' | 'epoch'>): string {
  return digest(`${runId}.${epoch}`, 16);
}

/** The W3C trace context of an offer, for the spans of its runner. */
export function traceparentOf(ref: Pick<AttemptRef, 'runId' | 'epoch'>): string {
  return `00-${traceIdOf(ref.runId)}-${attemptSpanId(ref)}-01`;
}

function digest(text: string, length: number): string {
  return hash('sha256', `trace ${text}`).slice(0, length);
}

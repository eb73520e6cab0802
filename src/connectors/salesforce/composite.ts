import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';
import { RunnerError } from '../../runtime/errors.ts';
import type { SalesforceApi } from './api.ts';
import { type Cut, type JsonItem, jsonItems } from './json-items.ts';

/** One part of a composite: a GET, and the name it is told apart by. */
export interface Part {
  readonly referenceId: string;
  /** `/services/data/v68.0/...`. */
  readonly url: string;
}

export interface PartAnswer {
  readonly referenceId: string;
  readonly status: number;
  readonly body: unknown;
  /** The elements of the list that was cut out of the body, each as JSON. */
  readonly elements: readonly Buffer[];
}

export interface CompositeRequest {
  readonly path: string;
  readonly parts: readonly Part[];
  /** For error messages. */
  readonly what: string;
  readonly headroom?: number;
  /** Large lists of the parts' bodies that are taken apart or dropped. */
  readonly cut?: Cut;
}

const itemSchema = z.object({ referenceId: z.string(), httpStatusCode: z.int(), body: z.unknown() });

/** Most parts in one call. */
export const MOST_PARTS = 25;
/** How long answers are taken apart before others get their turn, in milliseconds. */
const TURN_MS = 10;

/**
 * Many reads in one call, which Salesforce bills as one. `keep` is given each part's answer as it is parsed and keeps
 * what is needed of it; by reference id. A part that got no answer is missing.
 */
export async function readComposite<T>(api: SalesforceApi, { path, parts, what, cut, headroom = 0 }: CompositeRequest, keep: (answer: PartAnswer) => T, signal: AbortSignal): Promise<Map<string, T>> {
  const body = { allOrNone: false, compositeRequest: parts.map(({ referenceId, url }) => ({ method: 'GET', url, referenceId })) };
  return api.read({ method: 'POST', path, body, what, headroom }, async (text) => {
    const kept = new Map<string, T>();
    let turn = performance.now();
    for (const item of jsonItems(text, 'compositeResponse', cut)) {
      const answer = readItem(item, what);
      kept.set(answer.referenceId, keep(answer));
      if (performance.now() - turn < TURN_MS) continue;
      await nextTurn(undefined, { signal });
      turn = performance.now();
    }
    return kept;
  }, signal);
}

function readItem({ text, elements }: JsonItem, what: string): PartAnswer {
  const parsed = itemSchema.safeParse(parseJson(text, what));
  if (!parsed.success) throw new RunnerError('SALESFORCE_UNEXPECTED', `${what}: the answer has an unknown form`, { cause: parsed.error });
  return { referenceId: parsed.data.referenceId, status: parsed.data.httpStatusCode, body: parsed.data.body, elements };
}

/** Throws SALESFORCE_UNEXPECTED, worth another try. */
export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw new RunnerError('SALESFORCE_UNEXPECTED', `${what}: the answer is not JSON`, { cause: thrown, retryable: true });
  }
}

import { z } from 'zod';
import { tryParseJson } from '../../../../foundation/src/domain/json.ts';
import { EventLoopYield } from '../../../../foundation/src/runtime/event-loop-yield.ts';
import { RunnerError } from '../errors/errors.ts';
import { type JsonItem, jsonItems, type JsonList, type ListCut } from '../json/json-items.ts';
import type { SalesforceApi } from './api.ts';
import { incomplete } from './pages.ts';
import { rejection } from './rejection.ts';

/** One part of a composite request: a GET. */
export interface Part {
  /** Unique within the composite; identifies the answer. */
  readonly referenceId: string;
  /** `/services/data/v68.0/...`. */
  readonly url: string;
  /** An HTTP date: the part is answered with 304 unless something changed since then. */
  readonly since?: string | undefined;
}

export interface PartAnswer {
  readonly referenceId: string;
  readonly status: number;
  readonly body: unknown;
  /**
   * The list that was extracted from the body. Copy what outlives the call: its bytes are released
   * with the response.
   */
  readonly extracted: JsonList | undefined;
}

export interface CompositeRequest {
  readonly path: string;
  readonly parts: readonly Part[];
  /** For error messages. */
  readonly what: string;
  readonly headroom?: number;
  /** Large lists to cut out of the bodies of the answers. */
  readonly cut?: ListCut | undefined;
  /** Whether the caller repeats parts that got no answer. By default, the call is made again. */
  readonly mayLack?: boolean;
}

const itemSchema = z.object({
  referenceId: z.string(),
  httpStatusCode: z.int(),
  body: z.unknown(),
});

/** Parts that Salesforce accepts in one call. */
export const MAX_PARTS = 25;

/**
 * Many reads in one call, which Salesforce bills as one. `keep` gets each answer as soon as it is
 * parsed. Returns what it keeps, by reference id. Throws SALESFORCE_UNEXPECTED (retryable) where a
 * part got no answer, or an unknown part got one.
 */
export async function readComposite<T>(
  api: SalesforceApi,
  request: CompositeRequest,
  keep: (answer: PartAnswer) => T,
  signal: AbortSignal,
): Promise<Map<string, T>> {
  const { path, parts, what, headroom = 0 } = request;
  const body = {
    allOrNone: false,
    compositeRequest: parts.map(({ referenceId, url, since }) => ({
      method: 'GET',
      url,
      referenceId,
      ...(since === undefined ? {} : { httpHeaders: { 'If-Modified-Since': since } }),
    })),
  };
  return api.read(
    { method: 'POST', path, body, what, headroom },
    (text) => readAnswers(text, request, keep, signal),
    signal,
  );
}

async function readAnswers<T>(
  text: Buffer,
  { parts, what, cut, mayLack = false }: CompositeRequest,
  keep: (answer: PartAnswer) => T,
  signal: AbortSignal,
): Promise<Map<string, T>> {
  const requested = new Set(parts.map(({ referenceId }) => referenceId));
  const kept = new Map<string, T>();
  const loopYield = new EventLoopYield();
  for (const item of jsonItems(text, 'compositeResponse', cut)) {
    const answer = readItem(item, what);
    if (!requested.has(answer.referenceId) || kept.has(answer.referenceId))
      throw incomplete(what, 'it answers an unknown part');
    kept.set(answer.referenceId, keep(answer));
    await loopYield.whenDue(signal);
  }
  if (!mayLack && kept.size < requested.size)
    throw incomplete(what, `${kept.size} of ${requested.size} parts`);
  return kept;
}

const ORG_STATE: ReadonlySet<string> = new Set([
  'SALESFORCE_BUSY',
  'SALESFORCE_SESSION_EXPIRED',
  'SALESFORCE_LIMIT_REACHED',
]);

/**
 * For `keep`: throws the rejection of a part where the cause is the state of the org and not the
 * part. The call is then made again, or the run ends, as if the whole call had been rejected.
 */
export function throwOrgRejection(
  { status, body }: Pick<PartAnswer, 'status' | 'body'>,
  what: string,
): void {
  if (status === 200) return;
  const error = rejection(status, body, what);
  if (ORG_STATE.has(error.code)) throw error;
}

function readItem({ text, extracted }: JsonItem, what: string): PartAnswer {
  const parsed = itemSchema.safeParse(parseResponse(text, what));
  if (!parsed.success)
    throw new RunnerError('SALESFORCE_UNEXPECTED', `${what}: unexpected response format`, {
      cause: parsed.error,
    });
  const { referenceId, httpStatusCode: status, body } = parsed.data;
  return { referenceId, status, body, extracted };
}

/** Throws SALESFORCE_UNEXPECTED (retryable). */
export function parseResponse(text: string, what: string): unknown {
  const parsed = tryParseJson(text);
  if (parsed !== undefined) return parsed.value;
  throw new RunnerError('SALESFORCE_UNEXPECTED', `${what}: the response is not JSON`, {
    retryable: true,
  });
}

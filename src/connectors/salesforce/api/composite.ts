import { z } from 'zod';
import { RunnerError } from '../errors/errors.ts';
import { EventLoopYield } from '../../../runtime/event-loop-yield.ts';
import type { SalesforceApi } from './api.ts';
import { type Cut, type JsonItem, jsonItems, type JsonList } from '../json/json-items.ts';
import { notWhole } from './pages.ts';
import { refusal } from './refusal.ts';

/** One part of a composite: a GET, and the name it is told apart by. */
export interface Part {
  readonly referenceId: string;
  /** `/services/data/v68.0/...`. */
  readonly url: string;
  /** Answered with 304 unless something changed since then, as HTTP writes it. */
  readonly since?: string | undefined;
}

export interface PartAnswer {
  readonly referenceId: string;
  readonly status: number;
  readonly body: unknown;
  /** The list that was cut out of the body. It is good only until the next part is asked for: copy what is kept. */
  readonly taken: JsonList | undefined;
}

export interface CompositeRequest {
  readonly path: string;
  readonly parts: readonly Part[];
  /** For error messages. */
  readonly what: string;
  readonly headroom?: number;
  /** Large lists of the parts' bodies that are taken apart or dropped. */
  readonly cut?: Cut;
  /** Whether the caller asks again for parts that got no answer. Without it, the call is made again. */
  readonly mayLack?: boolean;
}

const itemSchema = z.object({
  referenceId: z.string(),
  httpStatusCode: z.int(),
  body: z.unknown(),
});

/** Most parts in one call. */
export const MAX_PARTS = 25;

/**
 * Many reads in one call, which Salesforce bills as one. `keep` is given each part's answer as it is parsed and keeps
 * what is needed of it; by reference id. Throws SALESFORCE_UNEXPECTED (worth another try) where a part got no answer, or one
 * that was not asked for got one.
 */
export async function readComposite<T>(
  api: SalesforceApi,
  { path, parts, what, cut, headroom = 0, mayLack = false }: CompositeRequest,
  keep: (answer: PartAnswer) => T,
  signal: AbortSignal,
): Promise<Map<string, T>> {
  const body = {
    allOrNone: false,
    compositeRequest: parts.map(({ referenceId, url, since }) => ({
      method: 'GET',
      url,
      referenceId,
      ...(since === undefined ? {} : { httpHeaders: { 'If-Modified-Since': since } }),
    })),
  };
  const asked = new Set(parts.map(({ referenceId }) => referenceId));
  return api.read(
    { method: 'POST', path, body, what, headroom },
    async (text) => {
      const kept = new Map<string, T>();
      const loopYield = new EventLoopYield();
      for (const item of jsonItems(text, 'compositeResponse', cut)) {
        const answer = readItem(item, what);
        if (!asked.has(answer.referenceId) || kept.has(answer.referenceId))
          throw notWhole(what, 'it has a part that nobody asked for');
        kept.set(answer.referenceId, keep(answer));
        await loopYield.whenDue(signal);
      }
      if (!mayLack && kept.size < asked.size)
        throw notWhole(what, `it has ${kept.size} of ${asked.size} parts`);
      return kept;
    },
    signal,
  );
}

const OF_THE_ORG: ReadonlySet<string> = new Set([
  'SALESFORCE_BUSY',
  'SALESFORCE_SESSION_EXPIRED',
  'SALESFORCE_LIMIT_REACHED',
]);

/**
 * For `keep`: throws what a part was refused for where that is the org's state and no fault of the part. The call is then
 * made again, or the run ends, as if the whole call had been refused.
 */
export function throwOrgRefusal(
  { status, body }: Pick<PartAnswer, 'status' | 'body'>,
  what: string,
): void {
  if (status === 200) return;
  const error = refusal(status, body, what);
  if (OF_THE_ORG.has(error.code)) throw error;
}

function readItem({ text, taken }: JsonItem, what: string): PartAnswer {
  const parsed = itemSchema.safeParse(parseJson(text, what));
  if (!parsed.success)
    throw new RunnerError('SALESFORCE_UNEXPECTED', `${what}: the answer has an unknown form`, {
      cause: parsed.error,
    });
  return {
    referenceId: parsed.data.referenceId,
    status: parsed.data.httpStatusCode,
    body: parsed.data.body,
    taken,
  };
}

/** Throws SALESFORCE_UNEXPECTED, worth another try. */
export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw new RunnerError('SALESFORCE_UNEXPECTED', `${what}: the answer is not JSON`, {
      cause: thrown,
      retryable: true,
    });
  }
}

import { z } from 'zod';
import { RunnerError } from '../../runtime/errors.ts';
import type { SalesforceApi } from './api.ts';

/** One part of a composite: a GET, and the name it is told apart by. */
export interface Part {
  readonly referenceId: string;
  /** `/services/data/v68.0/...`. */
  readonly url: string;
}

export interface PartAnswer {
  readonly status: number;
  readonly body: unknown;
}

const answerSchema = z.object({
  compositeResponse: z.array(z.object({ referenceId: z.string(), httpStatusCode: z.int(), body: z.unknown() })),
});

/** Most parts in one call, and most queries among them. */
export const MOST_PARTS = 25;
export const MOST_QUERIES = 5;

/** Many reads in one call, which Salesforce bills as one. Answers by reference id; a part that got none is missing. */
export async function readComposite(api: SalesforceApi, path: string, parts: readonly Part[], what: string, signal: AbortSignal): Promise<Map<string, PartAnswer>> {
  const body = { allOrNone: false, compositeRequest: parts.map(({ referenceId, url }) => ({ method: 'GET', url, referenceId })) };
  const parsed = answerSchema.safeParse(await api.json({ method: 'POST', path, body, what }, signal));
  if (!parsed.success) throw new RunnerError('SALESFORCE_UNEXPECTED', `${what}: the answer has an unknown form`, { cause: parsed.error });
  return new Map(parsed.data.compositeResponse.map((item) => [item.referenceId, { status: item.httpStatusCode, body: item.body }]));
}

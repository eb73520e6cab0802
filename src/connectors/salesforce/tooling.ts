import { z } from 'zod';
import { RunnerError } from '../../runtime/errors.ts';
import type { SalesforceApi } from './api.ts';
import { readComposite } from './composite.ts';
import { refusal } from './refusal.ts';

/**
 * The rows of one query to the Tooling API, whose catalogue tables answer 2,000 rows and no more. It travels in the body
 * of a composite, where no limit of a URL applies. Throws SALESFORCE_FORBIDDEN and the like.
 */
export async function queryTooling<T>(api: SalesforceApi, version: string, query: string, row: z.ZodType<T>, what: string, signal: AbortSignal): Promise<readonly T[]> {
  const base = `/services/data/v${version}/tooling`;
  const request = { path: `${base}/composite`, parts: [{ referenceId: 'q', url: `${base}/query?q=${encodeURIComponent(query)}` }], what };
  const answer = (await readComposite(api, request, (part) => part, signal)).get('q');
  if (answer?.status !== 200) throw refusal(answer?.status ?? 0, answer?.body, what);
  const parsed = z.object({ records: z.array(row) }).safeParse(answer.body);
  if (!parsed.success) throw new RunnerError('SALESFORCE_UNEXPECTED', `${what}: the answer has an unknown form`, { cause: parsed.error });
  return parsed.data.records;
}

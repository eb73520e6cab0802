import { z } from 'zod';
import { RunnerError } from '../../runtime/errors.ts';
import type { SalesforceApi } from './api.ts';
import { readComposite, type Part, type PartAnswer } from './composite.ts';
import type { ListedObject } from './describe.ts';
import { literals, partition } from './descriptions.ts';
import { refusal } from './refusal.ts';
import { isDescribable } from './selection.ts';

const entitySchema = z.object({ QualifiedApiName: z.string(), DurableId: z.string(), LastModifiedDate: z.string().nullish() });
const fieldSchema = z.object({ TableEnumOrId: z.string() });
/** Queries that one composite takes. */
const MOST_QUERIES = 5;

/**
 * Names of the objects that administrators changed since `since` (the org's time, as HTTP writes it), or whose custom
 * fields they changed: a call for some thousands of objects. What it cannot see (new values of a standard picklist, the
 * permissions of the user) waits for the next whole reading. Undefined when so much changed that reading all is simpler.
 */
export async function changedSince(api: SalesforceApi, version: string, objects: readonly ListedObject[], since: string, signal: AbortSignal): Promise<ReadonlySet<string> | undefined> {
  const from = Date.parse(since);
  const base = `/services/data/v${version}/tooling`;
  const names = partition(objects.filter(isDescribable).map(({ name }) => ({ id: name, rows: 1 })));
  const soql = [
    `SELECT TableEnumOrId FROM CustomField WHERE LastModifiedDate >= ${new Date(from).toISOString()}`,
    ...names.map((group) => `SELECT QualifiedApiName, DurableId, LastModifiedDate FROM EntityDefinition WHERE QualifiedApiName IN (${literals(group)})`),
  ];
  const parts = soql.map((query, index): Part => ({ referenceId: `q${index}`, url: `${base}/query?q=${encodeURIComponent(query)}` }));
  const answers = new Map<string, PartAnswer>();
  for (let at = 0; at < parts.length; at += MOST_QUERIES) {
    const what = 'what changed since the last run';
    for (const [id, answer] of await readComposite(api, { path: `${base}/composite`, parts: parts.slice(at, at + MOST_QUERIES), what }, (part) => part, signal)) answers.set(id, answer);
  }
  return namesIn(parts.map(({ referenceId }) => answers.get(referenceId)), from);
}

function namesIn([fields, ...entities]: readonly (PartAnswer | undefined)[], from: number): ReadonlySet<string> | undefined {
  const touched = rowsOf(fields, fieldSchema);
  if (touched === undefined) return undefined;
  const tables = new Set(touched.map(({ TableEnumOrId }) => TableEnumOrId.slice(0, 15)));
  const changed = new Set<string>();
  for (const answer of entities) {
    for (const { QualifiedApiName, DurableId, LastModifiedDate } of rowsOf(answer, entitySchema) ?? []) {
      const modified = LastModifiedDate === null || LastModifiedDate === undefined ? 0 : Date.parse(LastModifiedDate.replace(/\+0000$/, 'Z'));
      if (!(modified < from) || tables.has(DurableId.slice(0, 15)) || tables.has(QualifiedApiName.slice(0, 15))) changed.add(QualifiedApiName);
    }
  }
  return changed;
}

/** Undefined when there are more rows than one answer holds. */
function rowsOf<T>(answer: PartAnswer | undefined, row: z.ZodType<T>): readonly T[] | undefined {
  const what = 'what changed since the last run';
  if (answer?.status !== 200) throw refusal(answer?.status ?? 0, answer?.body, what);
  const parsed = z.object({ done: z.boolean().default(true), records: z.array(row) }).safeParse(answer.body);
  if (!parsed.success) throw new RunnerError('SALESFORCE_UNEXPECTED', `${what}: the answer has an unknown form`, { cause: parsed.error });
  return parsed.data.done ? parsed.data.records : undefined;
}

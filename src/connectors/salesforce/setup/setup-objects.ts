import { z } from 'zod';
import type { Logger } from '../../../observability/logger.ts';
import { RunnerError } from '../../../runtime/errors.ts';
import type { Trigger, ValidationRule } from '../mapping/table-properties.ts';
import { queryPages } from '../api/query-pages.ts';
import type { QueryTarget } from '../api/query-many.ts';
import { endsRun } from '../api/run-ending.ts';

/** In place of the rows of a table that could not be read: what is told apart from a table without any. */
export const UNREAD: readonly never[] = Object.freeze([]);

/**
 * Rows of a table of Setup, or UNREAD. They are an extra: where they cannot be read, that is said once and the extraction goes on
 * without. Throws only what ends the extraction.
 */
export async function readExtra<T>(
  target: QueryTarget & { readonly logger: Logger },
  query: string,
  row: z.ZodType<T>,
  signal: AbortSignal,
): Promise<readonly T[]> {
  for (let again = true; ; again = false) {
    const rows: T[] = [];
    try {
      for await (const page of queryPages(target, query, row, signal)) rows.push(...page);
      return rows;
    } catch (thrown) {
      const error = RunnerError.from(thrown);
      if (endsRun(error, signal)) throw error;
      // Pages that break off are read once more from the first.
      if (again && rows.length > 0 && error.retryable) continue;
      target.logger.log(
        'warn',
        `${target.what.charAt(0).toUpperCase()}${target.what.slice(1)} could not be read; the catalogue goes without`,
        { code: error.code, reason: error.message },
      );
      return UNREAD;
    }
  }
}

const optional = z
  .string()
  .nullish()
  .transform((value) => value ?? undefined);
const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? false);

const ruleSchema = z.object({
  ValidationName: z.string(),
  Active: flag,
  ErrorMessage: optional,
  EntityDefinitionId: optional,
});

const EVENTS = {
  BeforeInsert: 'before insert',
  BeforeUpdate: 'before update',
  BeforeDelete: 'before delete',
  AfterInsert: 'after insert',
  AfterUpdate: 'after update',
  AfterDelete: 'after delete',
  AfterUndelete: 'after undelete',
} as const;
const USAGES = Object.keys(EVENTS) as readonly (keyof typeof EVENTS)[];

const triggerSchema = z.object({
  Id: z.string(),
  Name: z.string(),
  NamespacePrefix: optional,
  EntityDefinitionId: optional,
  Status: optional,
  Body: optional,
  UsageBeforeInsert: flag,
  UsageBeforeUpdate: flag,
  UsageBeforeDelete: flag,
  UsageAfterInsert: flag,
  UsageAfterUpdate: flag,
  UsageAfterDelete: flag,
  UsageAfterUndelete: flag,
});
export type TriggerRow = z.infer<typeof triggerSchema>;

type Target = Omit<QueryTarget, 'what'> & { readonly logger: Logger };

/** Validation rules by the durable id of their object. */
export async function readValidationRules(
  target: Target,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly ValidationRule[]>> {
  const rows = await readExtra(
    { ...target, what: 'the validation rules' },
    'SELECT Id, ValidationName, Active, ErrorMessage, EntityDefinitionId FROM ValidationRule',
    ruleSchema,
    signal,
  );
  const rules = new Map<string, ValidationRule[]>();
  for (const { EntityDefinitionId, ValidationName, Active, ErrorMessage } of rows) {
    if (EntityDefinitionId === undefined) continue;
    const rule = {
      name: ValidationName,
      active: Active,
      ...(ErrorMessage === undefined ? {} : { message: ErrorMessage }),
    };
    rules.set(shortId(EntityDefinitionId), [
      ...(rules.get(shortId(EntityDefinitionId)) ?? []),
      rule,
    ]);
  }
  return rules;
}

/** Apex triggers, with their text when `bodies` asks for it. */
export async function readTriggers(
  target: Target,
  bodies: boolean,
  signal: AbortSignal,
): Promise<readonly TriggerRow[]> {
  const columns = [
    'Id',
    'Name',
    'NamespacePrefix',
    'EntityDefinitionId',
    'Status',
    ...(bodies ? ['Body'] : []),
    ...USAGES.map((usage) => `Usage${usage}`),
  ];
  return readExtra(
    { ...target, what: 'the Apex triggers' },
    `SELECT ${columns.join(', ')} FROM ApexTrigger`,
    triggerSchema,
    signal,
  );
}

export function triggerOf(row: TriggerRow): Trigger {
  return {
    name: qualified(row),
    active: row.Status === 'Active',
    events: USAGES.filter((usage) => row[`Usage${usage}`]).map((usage) => EVENTS[usage]),
  };
}

/** A name with the namespace of its package before it. */
export function qualified({
  Name,
  NamespacePrefix,
}: {
  readonly Name: string;
  readonly NamespacePrefix: string | undefined;
}): string {
  return NamespacePrefix === undefined ? Name : `${NamespacePrefix}__${Name}`;
}

/** Ids of custom objects come with 15 or 18 characters, depending on who is asked. */
export function shortId(id: string): string {
  return /^01I\w{15}$/.test(id) ? id.slice(0, 15) : id;
}

import { z } from 'zod';
import type { Trigger } from '../mapping/table-properties.ts';
import { flag, optionalText, readOptionalRows, type SetupTarget } from './optional-rows.ts';

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
  NamespacePrefix: optionalText,
  EntityDefinitionId: optionalText,
  Status: optionalText,
  Body: optionalText,
  UsageBeforeInsert: flag,
  UsageBeforeUpdate: flag,
  UsageBeforeDelete: flag,
  UsageAfterInsert: flag,
  UsageAfterUpdate: flag,
  UsageAfterDelete: flag,
  UsageAfterUndelete: flag,
});
export type TriggerRow = z.infer<typeof triggerSchema>;

export function triggersQuery(bodies: boolean): string {
  const columns = [
    'Id',
    'Name',
    'NamespacePrefix',
    'EntityDefinitionId',
    'Status',
    ...(bodies ? ['Body'] : []),
    ...USAGES.map((usage) => `Usage${usage}`),
  ];
  return `SELECT ${columns.join(', ')} FROM ApexTrigger`;
}

/** All Apex triggers of the org, with their source code if `bodies` is true. */
export async function readTriggers(
  target: SetupTarget,
  bodies: boolean,
  signal: AbortSignal,
): Promise<readonly TriggerRow[]> {
  return readOptionalRows(
    { ...target, what: 'Apex triggers' },
    triggersQuery(bodies),
    triggerSchema,
    signal,
  );
}

export function triggerOf(row: TriggerRow): Trigger {
  return {
    name: qualifiedName(row),
    active: row.Status === 'Active',
    events: USAGES.filter((usage) => row[`Usage${usage}`]).map((usage) => EVENTS[usage]),
  };
}

/** The name with the namespace of its package as a prefix. */
export function qualifiedName({
  Name,
  NamespacePrefix,
}: {
  readonly Name: string;
  readonly NamespacePrefix: string | undefined;
}): string {
  return NamespacePrefix === undefined ? Name : `${NamespacePrefix}__${Name}`;
}

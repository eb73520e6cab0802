import { z } from 'zod';
import type { CodeDeps, CodeReadDeps } from './code-deps.ts';
import { shortId } from './durable-id.ts';
import { optionalText, readOptionalRows } from './optional-rows.ts';
import type { CodeUnit } from './stored-procedure.ts';
import { qualifiedName, triggerOf, type TriggerRow } from './triggers.ts';

const classSchema = z.object({
  Id: z.string(),
  Name: z.string(),
  NamespacePrefix: optionalText,
  Status: optionalText,
  Body: optionalText,
});
type ClassRow = z.infer<typeof classSchema>;

/** Salesforce returns this text instead of the source code of a managed package. */
const HIDDEN = '(hidden)';

/** The triggers of the run's objects. */
export function triggersIn(
  rows: readonly TriggerRow[],
  { objectName }: Pick<CodeDeps, 'objectName'>,
): CodeUnit[] {
  return rows.flatMap((row): CodeUnit[] => {
    const { EntityDefinitionId: id } = row;
    const object = id === undefined ? undefined : objectName(shortId(id));
    if (object === undefined) return [];
    const { active, events } = triggerOf(row);
    const kind = 'apexTrigger';
    return [
      {
        name: triggerFileName(row),
        code: sourceOf(row),
        path: `/lightning/setup/ApexTriggers/page?address=%2F${row.Id}`,
        properties: { kind, active, events, objects: [object], ...hiddenMark(row) },
      },
    ];
  });
}

export function triggerFileName(row: TriggerRow): string {
  return `${qualifiedName(row)}.trigger`;
}

export function readClasses(
  { api, version, logger, bodies }: CodeReadDeps,
  signal: AbortSignal,
): Promise<readonly ClassRow[]> {
  const query = `SELECT Id, Name, NamespacePrefix, Status${bodies ? ', Body' : ''} FROM ApexClass`;
  const target = { api, version, logger, what: 'Apex classes' };
  return readOptionalRows(target, query, classSchema, signal);
}

export function classesIn(rows: readonly ClassRow[]): CodeUnit[] {
  return rows.map((row) => ({
    name: classFileName(row),
    code: sourceOf(row),
    path: `/lightning/setup/ApexClasses/page?address=%2F${row.Id}`,
    properties: { kind: 'apexClass', active: row.Status === 'Active', ...hiddenMark(row) },
  }));
}

export function classFileName(row: ClassRow): string {
  return `${qualifiedName(row)}.cls`;
}

function sourceOf({ Body }: Pick<ClassRow, 'Body'>): string | undefined {
  return Body === HIDDEN ? undefined : Body;
}

/** Distinguishes source code that the org hides from source code that was not requested. */
function hiddenMark({ Body }: Pick<ClassRow, 'Body'>): { readonly hidden?: true } {
  return Body === HIDDEN ? { hidden: true } : {};
}

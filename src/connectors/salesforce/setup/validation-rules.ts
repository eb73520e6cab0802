import { z } from 'zod';
import type { ValidationRule } from '../mapping/table-properties.ts';
import { shortId } from './durable-id.ts';
import { flag, optionalText, readOptionalRows, type SetupTarget } from './optional-rows.ts';

const ruleSchema = z.object({
  ValidationName: z.string(),
  Active: flag,
  ErrorMessage: optionalText,
  EntityDefinitionId: optionalText,
});

export const RULES_QUERY =
  'SELECT Id, ValidationName, Active, ErrorMessage, EntityDefinitionId FROM ValidationRule';

/** Validation rules by the durable id of their object. */
export async function readValidationRules(
  target: SetupTarget,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly ValidationRule[]>> {
  const rows = await readOptionalRows(
    { ...target, what: 'validation rules' },
    RULES_QUERY,
    ruleSchema,
    signal,
  );
  const rules = new Map<string, ValidationRule[]>();
  for (const { EntityDefinitionId, ValidationName, Active, ErrorMessage } of rows) {
    if (EntityDefinitionId === undefined) continue;
    const id = shortId(EntityDefinitionId);
    const rule = {
      name: ValidationName,
      active: Active,
      ...(ErrorMessage === undefined ? {} : { message: ErrorMessage }),
    };
    rules.set(id, [...(rules.get(id) ?? []), rule]);
  }
  return rules;
}

import type { z } from 'zod';
import { ControlPlaneError } from '../runtime/errors.ts';
import { problemsOf } from '../runtime/problems.ts';
import { closest } from './closest.ts';

/**
 * What an operator defines, as it is stored: members that are null count as absent and are left out. Throws INPUT_INVALID with
 * every problem at its place; names of unknown members are repeated, values never.
 */
export function parseDefinition<T extends Readonly<Record<string, unknown>>>(
  at: string,
  document: Readonly<Record<string, unknown>>,
  schema: z.ZodObject<z.ZodRawShape> & z.ZodType<T>,
): Readonly<Record<string, unknown>> {
  const given = Object.fromEntries(Object.entries(document).filter(([, value]) => value !== null));
  const parsed = schema.safeParse(given, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? unknown(issue.keys, Object.keys(schema.shape))
        : undefined,
  });
  if (!parsed.success)
    throw new ControlPlaneError('INPUT_INVALID', `${at}: ${problemsOf(parsed.error)}`);
  return given;
}

function unknown(keys: readonly string[], known: readonly string[]): string {
  return keys
    .map((key) => {
      const near = closest(key, known);
      return `unknown field ${JSON.stringify(key.slice(0, 50))}${near === undefined ? '' : `; did you mean ${near}?`}`;
    })
    .join('; ');
}

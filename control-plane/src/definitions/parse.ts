import type { z } from 'zod';
import { ControlPlaneError } from '../runtime/errors.ts';
import { problemsOf } from '../runtime/problems.ts';
import { closest } from './closest.ts';

/**
 * Validates a definition and drops null members, which count as absent. Throws INPUT_INVALID with
 * all problems and their paths; the message contains names of unknown members and never values.
 */
export function parseDefinition<T extends Readonly<Record<string, unknown>>>(
  at: string,
  document: Readonly<Record<string, unknown>>,
  schema: z.ZodObject<z.ZodRawShape> & z.ZodType<T>,
): Readonly<Record<string, unknown>> {
  const input = Object.fromEntries(Object.entries(document).filter(([, value]) => value !== null));
  const parsed = schema.safeParse(input, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? unknownFields(issue.keys, Object.keys(schema.shape))
        : undefined,
  });
  if (!parsed.success)
    throw new ControlPlaneError('INPUT_INVALID', `${at}: ${problemsOf(parsed.error)}`);
  return input;
}

function unknownFields(keys: readonly string[], known: readonly string[]): string {
  return keys
    .map((key) => {
      const near = closest(key, known);
      return `unknown field ${JSON.stringify(key.slice(0, 50))}${near === undefined ? '' : `; did you mean ${near}?`}`;
    })
    .join('; ');
}

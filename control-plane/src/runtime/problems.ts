import type { z } from 'zod';

const MAX_PROBLEMS = 20;
const MAX_LENGTH = 500;

/** Validation problems on one line, each with its path. */
export function problemsOf(error: z.ZodError): string {
  return error.issues
    .slice(0, MAX_PROBLEMS)
    .map(({ path, message }) => {
      const text = message.length > MAX_LENGTH ? `${message.slice(0, MAX_LENGTH)}…` : message;
      return path.length === 0 ? text : `${path.join('.')}: ${text}`;
    })
    .join('; ');
}

import type { z } from 'zod';

const MOST = 20;
const LONGEST = 500;

/** What is wrong with something that came from outside, on one line: each problem with its place. */
export function problemsOf(error: z.ZodError): string {
  return error.issues
    .slice(0, MOST)
    .map(({ path, message }) => {
      const text = message.length > LONGEST ? `${message.slice(0, LONGEST)}…` : message;
      return path.length === 0 ? text : `${path.join('.')}: ${text}`;
    })
    .join('; ');
}

import { z } from 'zod';

// Invariant: what a server calls a token is short and has no white space before the redactor gets
// it. It searches for many forms of each line of a text, so that a server could otherwise use up
// the memory of the worker.

const MAX_LENGTH = 16 * 1024;

/** A token or key in the answer of a server. */
export const credentialText = z
  .string()
  .max(MAX_LENGTH)
  .regex(/^[\x21-\x7e]+$/);

/** Whether a text from a server can be a token or key. */
export function isCredentialText(text: string): boolean {
  return credentialText.safeParse(text).success;
}

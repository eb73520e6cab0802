const CONTROL_CHARACTERS = /\p{Cc}|\p{Cf}/gu;

/**
 * Makes text of another program safe for a message: one line, no control characters, at most
 * `limit` characters. It is cut between words, because a redactor does not recognize half a token.
 */
export function printable(text: string, limit = 300): string {
  const clean = text.replace(CONTROL_CHARACTERS, ' ').trim();
  return clean.length > limit ? `${clean.slice(0, limit + 1).replace(/\s*\S*$/, '')}…` : clean;
}

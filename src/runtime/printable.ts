const CONTROL_CHARACTERS = /\p{Cc}|\p{Cf}/gu;

/** Text of another program made safe for a message: on one line, nothing that acts on a terminal, `limit` characters at most, cut between words: half a token is one that no redactor recognises. */
export function printable(text: string, limit = 300): string {
  const clean = text.replace(CONTROL_CHARACTERS, ' ').trim();
  return clean.length > limit ? `${clean.slice(0, limit + 1).replace(/\s*\S*$/, '')}…` : clean;
}

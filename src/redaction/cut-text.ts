/** How much of a text is kept, the mark of the cut included. */
export type CutText = (text: string, length: number) => string;

/**
 * Cuts texts that may hold a secret: what a redactor would take out is taken out first, since half of a secret is one that
 * no redactor recognises afterwards. A text that is short enough is left as it is, for the redactor to come.
 */
export function createCutText(redact: (text: string) => string): CutText {
  return (text, length) => {
    if (text.length <= length) return text;
    const clean = redact(text);
    return clean.length <= length
      ? clean
      : `${clean.slice(0, length - 1).replace(/[\ud800-\udbff]$/, '')}…`;
  };
}

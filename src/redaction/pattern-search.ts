/** Half-open interval of a match. */
export interface Match {
  readonly start: number;
  readonly end: number;
}

const BLOCK = 3;
const BITS = 15;
const SIZE = 1 << BITS;

function hash(a: number, b: number, c: number): number {
  return ((a << 10) ^ (b << 5) ^ c) & (SIZE - 1);
}

/**
 * Finds many patterns at the same time (Wu and Manber 1994): a table over blocks of three
 * characters tells how far the window can move, so most of the text is never read. Time is linear
 * in the text for up to a few hundred patterns. Patterns must have at least three characters.
 */
export class PatternSearch {
  readonly #window: number;
  readonly #shifts: Uint16Array;
  /** Patterns by the hash of the last block of their first `window` characters. */
  readonly #buckets: (string[] | undefined)[] = [];

  constructor(patterns: readonly string[]) {
    this.#window = patterns.reduce((least, { length }) => Math.min(least, length), 0xffff);
    const furthest = this.#window - BLOCK + 1;
    this.#shifts = new Uint16Array(SIZE).fill(furthest);
    for (const pattern of patterns) this.#enter(pattern);
  }

  #enter(pattern: string): void {
    for (let end = BLOCK - 1; end < this.#window; end++) {
      const block = hash(
        pattern.charCodeAt(end - 2),
        pattern.charCodeAt(end - 1),
        pattern.charCodeAt(end),
      );
      const shift = this.#window - 1 - end;
      if (shift < this.#shifts[block]!) this.#shifts[block] = shift;
      if (shift === 0) (this.#buckets[block] ??= []).push(pattern);
    }
  }

  /** Every match in order; of several with the same start, the longest. Matches can overlap. */
  find(text: string): Match[] {
    const matches: Match[] = [];
    const shifts = this.#shifts;
    const last = text.length;
    for (let end = this.#window - 1; end < last;) {
      const block = hash(text.charCodeAt(end - 2), text.charCodeAt(end - 1), text.charCodeAt(end));
      const shift = shifts[block]!;
      if (shift > 0) {
        end += shift;
        continue;
      }
      const start = end - this.#window + 1;
      const length = this.#longest(block, text, start);
      if (length > 0) matches.push({ start, end: start + length });
      end++;
    }
    return matches;
  }

  #longest(block: number, text: string, start: number): number {
    let length = 0;
    for (const pattern of this.#buckets[block]!) {
      if (pattern.length > length && text.startsWith(pattern, start)) length = pattern.length;
    }
    return length;
  }
}

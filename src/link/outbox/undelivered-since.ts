import type { Sequence } from '../../../foundation/src/domain/ids.ts';

/** Marks that are kept. Beyond, every second one is forgotten, and ages come out larger. */
const MAX_MARKS = 64;

interface Mark {
  readonly upTo: Sequence;
  readonly at: number;
}

/**
 * Since when the oldest record that is not acknowledged has been durable. Never later than it was;
 * earlier when there were more reports than marks.
 */
export class UndeliveredSince {
  #marks: Mark[] = [];

  /** Records up to `upTo` are durable, at the time `at`. */
  durable(upTo: Sequence, at: number): void {
    if (upTo <= (this.#marks.at(-1)?.upTo ?? 0)) return;
    this.#marks.push({ upTo, at });
    if (this.#marks.length > MAX_MARKS) this.#marks = merged(this.#marks);
  }

  acknowledged(upTo: Sequence): void {
    this.#marks = this.#marks.filter((mark) => mark.upTo > upTo);
  }

  /** Undefined when everything is acknowledged. */
  get since(): number | undefined {
    return this.#marks[0]?.at;
  }
}

/** Of each two marks, the later records count as old as the earlier ones. */
function merged(marks: readonly Mark[]): Mark[] {
  return marks.flatMap((mark, index) => {
    if (index % 2 === 1) return [];
    return [{ upTo: marks[index + 1]?.upTo ?? mark.upTo, at: mark.at }];
  });
}

/** Phases that are kept; a run has five. */
const MAX_PHASES = 16;

export interface Phase {
  readonly name: string;
  /** Unix time in milliseconds, as is `endedAt`. */
  readonly startedAt: number;
  readonly endedAt: number;
}

/**
 * When the phases of a run began and ended, from its progress. Phases can overlap: each lasts from
 * its first report until another phase follows its last one.
 */
export class Phases {
  readonly #phases = new Map<string, { startedAt: number; endedAt: number }>();
  #current: string | undefined;

  /** Texts to display, such as the reason of a wait, are not phases. */
  note(name: string, now: number): void {
    if (name === this.#current || !/^[a-z][a-z-]{0,30}$/.test(name)) return;
    this.#end(now);
    if (!this.#phases.has(name)) {
      if (this.#phases.size === MAX_PHASES) return;
      this.#phases.set(name, { startedAt: now, endedAt: now });
    }
    this.#current = name;
  }

  /** All phases, once the run has ended. */
  ended(now: number): readonly Phase[] {
    this.#end(now);
    return [...this.#phases].map(([name, times]) => ({ name, ...times }));
  }

  #end(now: number): void {
    const current = this.#phases.get(this.#current ?? '');
    if (current !== undefined) current.endedAt = now;
  }
}

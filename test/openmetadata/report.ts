export interface Step {
  readonly part: string;
  readonly name: string;
  readonly seconds: number;
  readonly problem?: string;
}

/** Prints each step as it ends, and keeps them for the end. */
export class Report {
  readonly steps: Step[] = [];
  readonly #out: (line: string) => void;

  constructor(out: (line: string) => void) {
    this.#out = out;
  }

  /** Carries out a step; a problem in it is shown and thrown. */
  async step<T>(part: string, name: string, work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    const seconds = (): number => Math.round((performance.now() - start) / 100) / 10;
    try {
      const result = await work();
      this.#say({ part, name, seconds: seconds() });
      return result;
    } catch (thrown) {
      const problem = thrown instanceof Error ? thrown.message : String(thrown);
      this.#say({ part, name, seconds: seconds(), problem });
      throw thrown;
    }
  }

  note(text: string): void {
    this.#out(`      ${text}`);
  }

  get failed(): readonly Step[] {
    return this.steps.filter(({ problem }) => problem !== undefined);
  }

  #say(step: Step): void {
    this.steps.push(step);
    const { part, name, seconds, problem } = step;
    this.#out(`${problem === undefined ? '✓' : '✗'} ${part}: ${name} (${seconds} s)`);
    if (problem !== undefined) this.#out(`      ${problem.replaceAll('\n', '\n      ')}`);
  }
}

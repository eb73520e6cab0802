const CALLS_BETWEEN = 50;

/** Tells the policy's count of calls how many a run has made, now and then and at the end. */
export class CallReports {
  readonly #report: (made: number, isOver: boolean) => Promise<void>;
  #made = 0;
  #reported = 0;

  constructor(report: (made: number, isOver: boolean) => Promise<void> = () => Promise.resolve()) {
    this.#report = report;
  }

  note(calls: number): void {
    this.#made += calls;
    if (this.#made - this.#reported < CALLS_BETWEEN) return;
    this.#reported = this.#made;
    void this.#tell(false);
  }

  /** Never rejects: what could not be reported stays reserved. */
  end(): Promise<void> {
    return this.#tell(true);
  }

  async #tell(isOver: boolean): Promise<void> {
    await this.#report(this.#made, isOver).catch(() => undefined);
  }
}

export interface UsageOptions {
  readonly dailyLimit: number;
  /** How many calls may run for `longRunningMillis` or more at once. */
  readonly longRunningCap: number;
  readonly longRunningMillis: number;
  readonly now: () => number;
}

/** Calls charged against the day's allocation, and the calls that are running. */
export class Usage {
  readonly dailyLimit: number;
  readonly #options: UsageOptions;
  readonly #running = new Set<{ readonly since: number }>();
  used = 0;
  mostAtOnce = 0;

  constructor(options: UsageOptions) {
    this.dailyLimit = options.dailyLimit;
    this.#options = options;
  }

  get exhausted(): boolean {
    return this.used >= this.dailyLimit;
  }

  /** The value of `Sforce-Limit-Info`. */
  get header(): string {
    return `api-usage=${this.used}/${this.dailyLimit}`;
  }

  charge(calls: number): void {
    this.used += calls;
  }

  /** Marks a call as running until the returned function is called. */
  begin(): () => void {
    const call = { since: this.#options.now() };
    this.#running.add(call);
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#running.size);
    return () => void this.#running.delete(call);
  }

  /** Whether so many long-running calls are under way that a new one is refused. */
  get crowded(): boolean {
    const before = this.#options.now() - this.#options.longRunningMillis;
    let long = 0;
    for (const { since } of this.#running) if (since <= before) long += 1;
    return long >= this.#options.longRunningCap;
  }

  reset(): void {
    this.used = 0;
    this.mostAtOnce = this.#running.size;
  }
}

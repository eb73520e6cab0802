export interface UsageOptions {
  readonly dailyLimit: number;
  /** Limit of concurrent calls that run for `longRunningMillis` or more. */
  readonly longRunningCap: number;
  readonly longRunningMillis: number;
  readonly now: () => number;
}

/** Calls charged to the day's allocation, and calls under way. */
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

  /** Counts a call as running until the returned function is called. */
  begin(): () => void {
    const call = { since: this.#options.now() };
    this.#running.add(call);
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#running.size);
    return () => void this.#running.delete(call);
  }

  /** Whether the limit of long-running calls is reached. */
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

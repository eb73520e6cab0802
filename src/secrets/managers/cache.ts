import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import { SharedWork } from './shared-work.ts';

interface Reading<T> {
  readonly work: SharedWork<T | undefined>;
  readonly since: number;
}

interface Held<T> {
  readonly value: T | undefined;
  readonly until: number;
}

/** Calls `action` after a time. It must not keep the process running. */
export type Later = (ms: number, action: () => void) => void;

export interface CacheOptions {
  /** How long a value is kept, from the beginning of its reading: it may have changed since. */
  readonly keepMs: number;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly later?: Later;
}

/** That there is no such secret is soon wrong: a person adds it, and tries again. */
const KEEP_ABSENCE_MS = 10_000;

/**
 * Keeps what was read for a limited time, in memory only. Readers that come while a value is being
 * read share the reading, unless what it returns is too old for them. A reading ends when
 * its last reader leaves. Failures are not kept.
 */
export class Cache<T> {
  readonly #options: CacheOptions;
  readonly #readings = new Map<string, Reading<T>>();
  readonly #held = new Map<string, Held<T>>();

  constructor(options: CacheOptions) {
    this.#options = options;
  }

  /** How many values are in memory. */
  get size(): number {
    return this.#held.size;
  }

  async get(
    key: string,
    read: (signal: AbortSignal) => Promise<T | undefined>,
    signal: AbortSignal,
  ): Promise<T | undefined> {
    const now = this.#options.clock.monotonic();
    const held = this.#held.get(key);
    if (held !== undefined && now < held.until) return held.value;
    const under = this.#readings.get(key);
    const canJoin =
      under !== undefined && !under.work.isAbandoned && now - under.since < this.#options.keepMs;
    const { work } = canJoin ? under : this.#begin(key, read, now);
    return work.join(signal);
  }

  #begin(
    key: string,
    read: (signal: AbortSignal) => Promise<T | undefined>,
    since: number,
  ): Reading<T> {
    const reading: Reading<T> = {
      since,
      work: new SharedWork(async (signal) => {
        try {
          const value = await read(signal);
          this.#keep(key, value, reading);
          return value;
        } finally {
          if (this.#readings.get(key) === reading) this.#readings.delete(key);
        }
      }),
    };
    this.#readings.set(key, reading);
    return reading;
  }

  #keep(key: string, value: T | undefined, reading: Reading<T>): void {
    const { clock, keepMs, later = unreferenced } = this.#options;
    // A newer reading has the newer value.
    if (this.#readings.get(key) !== reading) return;
    const until =
      reading.since + (value === undefined ? Math.min(keepMs, KEEP_ABSENCE_MS) : keepMs);
    const leftMs = until - clock.monotonic();
    if (leftMs <= 0) return;
    const held = { value, until };
    this.#held.set(key, held);
    later(leftMs, () => {
      if (this.#held.get(key) === held) this.#held.delete(key);
    });
  }
}

const unreferenced: Later = (ms, action) => void setTimeout(action, ms).unref();

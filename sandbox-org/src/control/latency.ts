import { randomFor } from '../org/random.ts';

export interface LatencyOptions {
  /** Network round trip of each call in milliseconds. */
  readonly roundTrip: number;
  /** Whether the server's response time is modeled. */
  readonly serverTime: boolean;
  readonly seed: number;
}

const MEDIAN_DESCRIBE = 90;
/** The describe size with the median time; the time grows with the size to the power of 0.4. */
const MEDIAN_BYTES = 50_000;
const UNCHANGED_SHARE = 0.25;

/** Simulated response times, the same for a given seed. */
export class Latency {
  readonly roundTrip: number;
  readonly #serverTime: boolean;
  readonly #seed: number;

  constructor(options: LatencyOptions) {
    this.roundTrip = options.roundTrip;
    this.#serverTime = options.serverTime;
    this.#seed = options.seed;
  }

  /** Log-normal with a median of 90 ms at the median size; a quarter of it with status 304. */
  describe(object: string, bytes: number, unchanged: boolean): number {
    const spread = Math.exp(0.4 * randomFor(`${this.#seed}:latency:${object}`).normal());
    const full = Math.min(2_500, MEDIAN_DESCRIBE * (bytes / MEDIAN_BYTES) ** 0.4 * spread);
    return this.#modeled(unchanged ? full * UNCHANGED_SHARE : full);
  }

  describeGlobal(unchanged: boolean): number {
    return this.#modeled(unchanged ? 400 * UNCHANGED_SHARE : 400);
  }

  /** Grows with the number of rows. */
  rows(count: number): number {
    return this.#modeled(50 + count);
  }

  signIn(): number {
    return this.#modeled(150);
  }

  other(): number {
    return this.#modeled(30);
  }

  #modeled(millis: number): number {
    return this.#serverTime ? millis : 0;
  }
}

import { createHash } from 'node:crypto';

/*
 * Time, randomness and events of one simulation. Invariants:
 * - One event happens at a time. The work that it starts runs until all of it waits; then the next
 *   event happens.
 * - Everything random comes from the seed, and everything that waits waits here, so the same seed
 *   gives the same trace.
 */

const KEPT_LINES = Number(process.env['SIMULATION_LINES'] ?? 400);

interface Event {
  readonly at: number;
  readonly order: number;
  readonly act: () => void;
  canceled: boolean;
}

export class World {
  readonly seed: number;
  /** Fractions from 0 to below 1. */
  readonly fraction: () => number;
  readonly #trace = createHash('sha256');
  readonly #lines: string[] = [];
  readonly #heap: Event[] = [];
  #order = 0;
  #elapsed = 0;
  #events = 0;
  /** Broken invariants. */
  readonly violations: string[] = [];

  constructor(seed: number) {
    this.seed = seed;
    this.fraction = mulberry(seed);
  }

  /** Milliseconds since the beginning. */
  get elapsed(): number {
    return this.#elapsed;
  }

  get events(): number {
    return this.#events;
  }

  below(limit: number): number {
    return Math.floor(this.fraction() * limit);
  }

  between(low: number, high: number): number {
    return low + this.fraction() * (high - low);
  }

  chance(share: number): boolean {
    return this.fraction() < share;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }

  /** Adds a line to the trace, which a replay must repeat. */
  note(line: string): void {
    const whole = `${this.#elapsed.toFixed(3)} ${line}`;
    this.#trace.update(`${whole}\n`);
    this.#lines.push(whole);
    if (this.#lines.length > 2 * KEPT_LINES) this.#lines.splice(0, KEPT_LINES);
  }

  violate(what: string): void {
    this.note(`VIOLATION ${what}`);
    this.violations.push(`at ${this.#elapsed.toFixed(0)} ms: ${what}`);
  }

  /** The last lines of the trace. */
  get tail(): string {
    return this.#lines.slice(-KEPT_LINES).join('\n');
  }

  /** Hash of the trace so far. */
  digest(): string {
    return this.#trace.copy().digest('hex');
  }

  /** Calls `act` after `ms`, unless the returned function cancels it. */
  after(ms: number, act: () => void): () => void {
    const event: Event = {
      at: this.#elapsed + Math.max(0, ms),
      order: this.#order++,
      act,
      canceled: false,
    };
    push(this.#heap, event);
    return () => (event.canceled = true);
  }

  /** Runs events until `holds` returns true or the time is over. Resolves with whether it holds. */
  async until(holds: () => boolean, limitMs: number): Promise<boolean> {
    const end = this.#elapsed + limitMs;
    await settle();
    while (!holds()) {
      const next = this.#next(end);
      if (next === undefined) {
        this.#elapsed = end;
        return holds();
      }
      this.#elapsed = next.at;
      this.#events += 1;
      next.act();
      await settle();
      if (this.violations.length > 0) return false;
    }
    return true;
  }

  #next(end: number): Event | undefined {
    for (let next = this.#heap[0]; next !== undefined && next.at <= end; next = this.#heap[0]) {
      pop(this.#heap);
      if (!next.canceled) return next;
    }
    return undefined;
  }
}

/** Lets all pending promise callbacks run; a simulation has no other work. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function mulberry(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e37_79b9) >>> 0;
  return () => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function earlier(a: Event, b: Event): boolean {
  return a.at === b.at ? a.order < b.order : a.at < b.at;
}

function push(heap: Event[], event: Event): void {
  let at = heap.push(event) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!earlier(event, heap[parent]!)) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = event;
}

function pop(heap: Event[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && earlier(heap[child + 1]!, heap[child]!)) child += 1;
    if (!earlier(heap[child]!, last)) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
}

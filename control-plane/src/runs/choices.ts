/**
 * The runners that could take a run, kept from one placement to the next, because most placements
 * follow one run that was queued or has ended. Invariants:
 * - What is kept depends only on the two lists that it was made of, and on how many runs each
 *   runner holds. A list is replaced whenever something in it has changed (registry.ts,
 *   runner-list.ts).
 * - The number of runs of each runner is counted again for each placement.
 */
import type { ConnectedRunner } from '../link/registry.ts';
import { candidatesFor, namesOf, type CandidateInput, type IndexedInput } from './candidates.ts';
import { FreeFirst } from './free-first.ts';
import type { Run } from './run.ts';
import { wait, type Wait } from './wait.ts';

/**
 * Kept at most: runs that some runners have rejected may each have a choice of their own. What the
 * last placement did not ask for makes room.
 */
const MAX_KEPT = 256;

export class Choices {
  #input: IndexedInput = { runners: [], connected: [], byId: new Map() };
  /** Runs by runner id. */
  #load: Map<string, number> = new Map();
  readonly #kept = new Map<string, Choice | Wait>();
  /** The keys of this placement. */
  #asked = new Set<string>();

  /** Begins a placement with these runners, each of which holds so many runs. */
  begin(input: CandidateInput, load: Map<string, number>): void {
    const { runners, connected, byId } = this.#input;
    const before = this.#load;
    this.#input = { ...input, byId: input.runners === runners ? byId : indexOf(input.runners) };
    this.#load = load;
    if (input.runners !== runners || input.connected !== connected) this.#kept.clear();
    if (this.#kept.size >= MAX_KEPT)
      for (const key of this.#kept.keys()) if (!this.#asked.has(key)) this.#kept.delete(key);
    this.#asked = new Set();
    for (const [runnerId, runs] of before)
      if (runs > (load.get(runnerId) ?? 0)) this.#freed(runnerId);
  }

  /** The runners that could take it if they had capacity, or why there are none. */
  of(run: Run): Choice | Wait {
    const { kind, pool, pinnedTo, rejectedBy } = run;
    const key = JSON.stringify([kind, pool, pinnedTo, rejectedBy]);
    this.#asked.add(key);
    const known = this.#kept.get(key);
    if (known !== undefined) return known;
    const candidates = candidatesFor(run, this.#input);
    const choice = Array.isArray(candidates)
      ? new Choice(candidates, this.#input, (runner) => this.#free(runner))
      : candidates;
    if (this.#kept.size < MAX_KEPT) this.#kept.set(key, choice);
    return choice;
  }

  /** The runner gets one more run. */
  count(runnerId: string): void {
    this.#load.set(runnerId, (this.#load.get(runnerId) ?? 0) + 1);
  }

  #free(runner: ConnectedRunner): number {
    return runner.presence().capacity - (this.#load.get(runner.runnerId) ?? 0);
  }

  #freed(runnerId: string): void {
    for (const choice of this.#kept.values())
      if (choice instanceof Choice) choice.freeFirst.freed(runnerId);
  }
}

/** Connected runners that could take the runs that ask for the same. */
export class Choice {
  readonly freeFirst: FreeFirst;
  readonly #input: IndexedInput;
  readonly #free: (runner: ConnectedRunner) => number;
  #full: Wait | undefined;

  constructor(
    candidates: readonly ConnectedRunner[],
    input: IndexedInput,
    free: (runner: ConnectedRunner) => number,
  ) {
    this.freeFirst = new FreeFirst(candidates, free);
    this.#input = input;
    this.#free = free;
  }

  /** The preferred runner if it has free capacity, else the one with the most; or why none has. */
  best(preferredId: string | null | undefined): ConnectedRunner | Wait {
    const preferred = this.freeFirst.get(preferredId ?? '');
    if (preferred !== undefined && this.#free(preferred) > 0) return preferred;
    return this.freeFirst.first() ?? (this.#full ??= this.#allFull());
  }

  #allFull(): Wait {
    const all = this.freeFirst.all();
    const verb = all.length === 1 ? 'is' : 'are';
    return wait('AT_CAPACITY', `${namesOf(all, this.#input.byId)} ${verb} at capacity`);
  }
}

function indexOf(runners: CandidateInput['runners']): IndexedInput['byId'] {
  return new Map(runners.map((runner) => [runner.id, runner]));
}

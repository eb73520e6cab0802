import { EPOCH, type SimulatedProcess } from './process.ts';
import type { World } from './world.ts';

export interface OrgObject {
  readonly name: string;
  /** Names what the object is like: no two changes of an org have the same. */
  readonly revision: number;
  /** Unix time in milliseconds. */
  readonly modified: number;
}

/** What an attempt saw of an org, object by object. */
export interface View {
  readonly service: string;
  readonly attempt: string;
  /** Simulated time of its first call. */
  readonly began: number;
  /** Revisions by name; `unread` where the org did not give it. Objects that are not named were not there. */
  readonly objects: Map<string, number | 'unread'>;
}

/** How long after it goes on a process that was stopped may still finish the call it was in. */
const LAST_CALL_MS = 1_000;

interface Working {
  readonly view: View;
  readonly process: SimulatedProcess;
}

/** An org of some objects that people change; knows who reads it, and that nobody else may at the same time. */
export class Org {
  readonly service: string;
  readonly #world: World;
  readonly #objects = new Map<string, OrgObject>();
  #revision = 0;
  #working: Working | undefined;
  /** Share of objects that cannot be read. */
  failing = 0;
  /** The longest that a call takes, in milliseconds. */
  readonly slowest: number;

  /** Some are large and fast, some so slow that a run of them outlasts a lease. */
  constructor(world: World, service: string) {
    this.#world = world;
    this.service = service;
    const [most, slowest] = world.pick([
      [50, 25],
      [10, 250],
      [10, 250],
      [8, 3_000],
      [8, 3_000],
    ] as const);
    const size = 2 + world.below(most - 2);
    this.slowest = slowest;
    for (let index = 0; index < size; index++) this.#put(`Object${index}`);
  }

  get now(): number {
    return Math.floor(EPOCH + this.#world.elapsed);
  }

  /** As they are now, by name. */
  get objects(): ReadonlyMap<string, OrgObject> {
    return this.#objects;
  }

  /** Something is added, changed, removed, or comes back. */
  edit(): void {
    const names = [...this.#objects.keys()];
    const dice = this.#world.fraction();
    if (dice < 0.25 || names.length < 2) this.#put(`Object${this.#world.below(30)}`);
    else if (dice < 0.75) this.#put(this.#world.pick(names));
    else this.#objects.delete(this.#world.pick(names));
  }

  /** A call of an attempt: notes who is at work. */
  called(view: View, process: SimulatedProcess): void {
    const other = this.#working;
    if (
      other !== undefined &&
      other.view.attempt !== view.attempt &&
      other.view.began > view.began &&
      this.#world.elapsed - process.resumedAt > LAST_CALL_MS
    ) {
      this.#world.violate(
        `two runs of ${this.service} are at work at once: ${view.attempt} made a call after ${other.view.attempt} had begun`,
      );
    }
    if (other === undefined || other.view.began <= view.began) this.#working = { view, process };
  }

  #put(name: string): void {
    this.#revision += 1;
    this.#objects.set(name, { name, revision: this.#revision, modified: this.now });
  }
}

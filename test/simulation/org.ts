import { EPOCH, type SimulatedProcess } from './process.ts';
import type { World } from './world.ts';

export interface OrgObject {
  readonly name: string;
  /** Identifies the state of the object; unique among all changes of an org. */
  readonly revision: number;
  /** Unix time in milliseconds. */
  readonly modified: number;
}

/** What an attempt read from an org. */
export interface View {
  readonly service: string;
  readonly attempt: string;
  /** Simulated time of its first call. */
  readonly began: number;
  /** Revisions by name; `unread` where reading failed. Missing objects did not exist. */
  readonly objects: Map<string, number | 'unread'>;
}

/** How long a process may still finish its call after it resumed from a stop. */
const LAST_CALL_MS = 1_000;

interface Working {
  readonly view: View;
  readonly process: SimulatedProcess;
}

/** An org with objects that change. Checks that no two attempts read it at the same time. */
export class Org {
  readonly service: string;
  readonly #world: World;
  readonly #objects = new Map<string, OrgObject>();
  #revision = 0;
  #working: Working | undefined;
  /** Share of objects that cannot be read. */
  failing = 0;
  /** Longest duration of a call, in milliseconds. */
  readonly slowest: number;

  /** Some orgs are large and fast, some so slow that a run outlasts a lease. */
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

  /** Current objects by name. */
  get objects(): ReadonlyMap<string, OrgObject> {
    return this.#objects;
  }

  /** Adds, changes, removes or restores an object. */
  edit(): void {
    const names = [...this.#objects.keys()];
    const dice = this.#world.fraction();
    if (dice < 0.25 || names.length < 2) this.#put(`Object${this.#world.below(30)}`);
    else if (dice < 0.75) this.#put(this.#world.pick(names));
    else this.#objects.delete(this.#world.pick(names));
  }

  /** Notes a call of an attempt. */
  called(view: View, process: SimulatedProcess): void {
    const other = this.#working;
    if (
      other !== undefined &&
      other.view.attempt !== view.attempt &&
      other.view.began > view.began &&
      this.#world.elapsed - process.resumedAt > LAST_CALL_MS
    ) {
      this.#world.violate(
        `two runs of ${this.service} overlap: ${view.attempt} made a call after ${other.view.attempt} had begun`,
      );
    }
    if (other === undefined || other.view.began <= view.began) this.#working = { view, process };
  }

  #put(name: string): void {
    this.#revision += 1;
    this.#objects.set(name, { name, revision: this.#revision, modified: this.now });
  }
}

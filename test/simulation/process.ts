import type { Clock } from '../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import type { World } from './world.ts';

export type ProcessKind = 'link' | 'worker' | 'control plane';

/** The clocks of a machine. The wall clock can be set; monotonic time starts with each process. */
export interface MachineClock {
  wallOffset: number;
  /** Uptime at the beginning of the simulation. */
  readonly bootedAt: number;
}

export const EPOCH = 1_700_000_000_000;

const never = new Promise<never>(() => undefined);

/** Thrown in a process that dies, where its code must be left by an error. */
export class Killed extends Error {}

/**
 * A process that shares only the memory of this one. Everything that its code waits for passes
 * through here: nothing reaches it while it is stopped, and nothing ever does once it is dead, so
 * it can do nothing more.
 */
export class SimulatedProcess {
  readonly kind: ProcessKind;
  readonly name: string;
  /** Identity of the machine; a copy of the machine has the same. */
  readonly identity: string;
  readonly pid: number;
  readonly world: World;
  readonly clock: Clock;
  readonly #onPoint: (process: SimulatedProcess, point: string) => void;
  readonly #onDeath: ((how: string) => void)[] = [];
  readonly #death = Promise.withResolvers<void>();
  #deferred: (() => void)[] = [];
  #state: 'running' | 'stopped' | 'dead' = 'running';
  /** When it last resumed after a stop. */
  resumedAt = Number.NEGATIVE_INFINITY;

  constructor(
    world: World,
    kind: ProcessKind,
    machine: { readonly name: string; readonly identity: string; readonly time: MachineClock },
    pid: number,
    onPoint: (process: SimulatedProcess, point: string) => void,
  ) {
    this.world = world;
    this.kind = kind;
    this.name = `${machine.name} ${kind} ${pid}`;
    this.identity = machine.identity;
    this.pid = pid;
    this.#onPoint = onPoint;
    const born = world.elapsed;
    this.clock = {
      now: () => Math.floor(EPOCH + world.elapsed + machine.time.wallOffset),
      monotonic: () => world.elapsed - born,
      uptime: () => world.elapsed + machine.time.bootedAt,
      sleep: (ms, signal) => this.#sleep(ms, signal),
    };
  }

  get alive(): boolean {
    return this.#state !== 'dead';
  }

  get stopped(): boolean {
    return this.#state === 'stopped';
  }

  onDeath(listener: (how: string) => void): void {
    this.#onDeath.push(listener);
  }

  /** Delivers an event to the process: at once, when it resumes, or never. */
  deliver(act: () => void): void {
    if (this.#state === 'running') act();
    else if (this.#state === 'stopped') this.#deferred.push(act);
  }

  /** Delivers an event after a delay. */
  deliverAfter(ms: number, act: () => void): void {
    this.world.after(ms, () => this.deliver(act));
  }

  /** Passes a point at which the process may die; takes `ms`. Never resolves in a dead process. */
  async pass(point: string, ms = 0): Promise<void> {
    if (!(await this.#passed(point, ms))) await never;
  }

  /** Like `pass`, but throws Killed in a dead process. */
  async passOrThrow(point: string, ms = 0): Promise<void> {
    if (!(await this.#passed(point, ms))) throw new Killed(`killed at ${point}`);
  }

  /** Passes a point without delay. Returns whether the process is still alive. */
  survives(point: string): boolean {
    if (this.#state === 'running') this.#onPoint(this, point);
    return !this.#isDead();
  }

  kill(how: string): void {
    if (this.#state === 'dead') return;
    this.world.note(`${this.name} died: ${how}`);
    this.#state = 'dead';
    this.#deferred = [];
    for (const listener of this.#onDeath) listener(how);
    this.#death.resolve();
  }

  stop(): void {
    if (this.#state !== 'running') return;
    this.world.note(`${this.name} stopped`);
    this.#state = 'stopped';
  }

  resume(): void {
    if (this.#state !== 'stopped') return;
    this.world.note(`${this.name} resumed`);
    this.#state = 'running';
    this.resumedAt = this.world.elapsed;
    const waiting = this.#deferred;
    this.#deferred = [];
    // One after the other, as an event loop would process them.
    for (const act of waiting) this.world.after(0, () => this.deliver(act));
  }

  async #passed(point: string, ms: number): Promise<boolean> {
    if (!this.survives(point)) return false;
    if (ms > 0 || this.#state === 'stopped') {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.deliverAfter(ms, resolve);
      await Promise.race([promise, this.#death.promise]);
    }
    return !this.#isDead();
  }

  #isDead(): boolean {
    return this.#state === 'dead';
  }

  #sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(RunnerError.from(signal.reason, 'ABORTED'));
    if (this.#state === 'dead') return never;
    return new Promise((resolve, reject) => {
      const wake = (): void => {
        if (signal.aborted) return;
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      // Like timers of Node, which wait at least a millisecond.
      const cancel = this.world.after(Math.max(1, ms), () => this.deliver(wake));
      const onAbort = (): void => {
        cancel();
        reject(RunnerError.from(signal.reason, 'ABORTED'));
      };
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}

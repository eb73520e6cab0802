import type { Clock } from '../../src/runtime/clock.ts';
import { RunnerError } from '../../src/runtime/errors.ts';
import type { World } from './world.ts';

export type ProcessKind = 'link' | 'worker' | 'control plane';

/** The clocks of a machine: the wall clock can be set. Monotonic time is of each process, from when it began. */
export interface MachineClock {
  wallOffset: number;
  /** Uptime at the beginning of the simulation. */
  readonly bootedAt: number;
}

export const EPOCH = 1_700_000_000_000;

const never = new Promise<never>(() => undefined);

/** Thrown in a process that dies, where the code it stands in must be left by an error. */
export class Killed extends Error {}

/**
 * A process that shares this one's memory and nothing else. Everything its code waits for passes through here: while it
 * is stopped nothing reaches it, and once it is dead nothing ever does, so it can do nothing any more.
 */
export class SimulatedProcess {
  readonly kind: ProcessKind;
  readonly name: string;
  /** Of the machine; a copy of it has the same. */
  readonly identity: string;
  readonly pid: number;
  readonly world: World;
  readonly clock: Clock;
  readonly #onPoint: (process: SimulatedProcess, point: string) => void;
  readonly #onDeath: ((how: string) => void)[] = [];
  readonly #death = Promise.withResolvers<void>();
  #deferred: (() => void)[] = [];
  #state: 'running' | 'stopped' | 'dead' = 'running';
  /** When it last went on after having been stopped. */
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

  /** Something from outside: it comes at once, when the process goes on, or never. */
  deliver(act: () => void): void {
    if (this.#state === 'running') act();
    else if (this.#state === 'stopped') this.#deferred.push(act);
  }

  /** Something from outside that is on its way for so long. */
  deliverAfter(ms: number, act: () => void): void {
    this.world.after(ms, () => this.deliver(act));
  }

  /** A point that the process passes, and where it may die; takes so long. Never resolves in a dead process. */
  async pass(point: string, ms = 0): Promise<void> {
    if (!(await this.#passed(point, ms))) await never;
  }

  /** The same, where the code that waits must be left by an error. Throws Killed. */
  async passOrThrow(point: string, ms = 0): Promise<void> {
    if (!(await this.#passed(point, ms))) throw new Killed(`killed at ${point}`);
  }

  /** A point that takes no time; whether the process is alive behind it. */
  survives(point: string): boolean {
    if (this.#state === 'running') this.#onPoint(this, point);
    return !this.#isDead();
  }

  kill(how: string): void {
    if (this.#state === 'dead') return;
    this.world.note(`${this.name} dies: ${how}`);
    this.#state = 'dead';
    this.#deferred = [];
    for (const listener of this.#onDeath) listener(how);
    this.#death.resolve();
  }

  stop(): void {
    if (this.#state !== 'running') return;
    this.world.note(`${this.name} is stopped`);
    this.#state = 'stopped';
  }

  resume(): void {
    if (this.#state !== 'stopped') return;
    this.world.note(`${this.name} goes on`);
    this.#state = 'running';
    this.resumedAt = this.world.elapsed;
    const waiting = this.#deferred;
    this.#deferred = [];
    // One after the other, as the loop of a process would find them.
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
      // As Node's timers, which wait a millisecond at least.
      const callOff = this.world.after(Math.max(1, ms), () => this.deliver(wake));
      const onAbort = (): void => {
        callOff();
        reject(RunnerError.from(signal.reason, 'ABORTED'));
      };
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}

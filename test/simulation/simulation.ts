import type { AttemptRef } from '../../foundation/src/domain/ids.ts';
import { attemptKey } from '../../foundation/src/domain/ids.ts';
import { Checks } from './checks.ts';
import { ControlPlaneHost } from './control-plane.ts';
import { Faults } from './faults.ts';
import { Machine } from './machine.ts';
import { Network } from './network.ts';
import { Org, type View } from './org.ts';
import { query } from './query.ts';
import { identityOf, Runner } from './runner.ts';
import { World } from './world.ts';

const FAULTS_MS = 60_000;
const SETTLING_MS = 240_000;

export interface Result {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly digest: string;
  readonly tail: string;
  readonly events: number;
  readonly elapsedMs: number;
  readonly faults: readonly string[];
  readonly ends: Readonly<Record<string, number>>;
}

/** Runs runners, a control plane and orgs under faults, all chosen by one seed. */
export async function simulate(seed: number): Promise<Result> {
  const { stackTraceLimit } = Error;
  // Stack traces cost time and are not simulated.
  if (process.env['SIMULATION_STACKS'] === undefined) Error.stackTraceLimit = 0;
  const simulation = await Simulation.create(seed);
  try {
    return await simulation.run();
  } finally {
    simulation.remove();
    Error.stackTraceLimit = stackTraceLimit;
  }
}

export class Simulation {
  readonly world: World;
  readonly network: Network;
  readonly orgs: ReadonlyMap<string, Org>;
  readonly runners: Runner[] = [];
  readonly controlPlane: ControlPlaneHost;
  readonly checks: Checks;
  readonly faults: Faults;

  private constructor(world: World, orgs: ReadonlyMap<string, Org>, checks: Checks) {
    this.world = world;
    this.orgs = orgs;
    this.checks = checks;
    this.network = new Network(world);
    this.faults = new Faults(this);
    this.controlPlane = new ControlPlaneHost(this.#machine('plane', 'plane'), this.network, {
      onCommitted: (database) => checks.committed(database),
      onSend: (message, database) => checks.sending(message, database),
    });
  }

  static async create(seed: number): Promise<Simulation> {
    const world = new World(seed);
    const services = ['crm', 'erp'].slice(0, 1 + world.below(2));
    const orgs = new Map(services.map((service) => [service, new Org(world, service)]));
    return new Simulation(world, orgs, await Checks.create(world, orgs));
  }

  get services(): string[] {
    return [...this.orgs.keys()];
  }

  async run(): Promise<Result> {
    const { world, controlPlane } = this;
    const identities = Array.from({ length: 1 + world.below(3) }, (_, index) =>
      identityOf(world, `r${index}`),
    );
    controlPlane.start();
    await this.#runUntil(controlPlane.prepare(identities, this.services));
    for (const identity of identities) this.runners.push(this.newRunner(identity.name, identity));
    for (const runner of this.runners) runner.start();
    this.faults.begin(FAULTS_MS);
    this.#startActivity();
    await world.until(() => world.elapsed >= FAULTS_MS, FAULTS_MS);
    if (world.violations.length === 0) await this.#settle();
    return this.#result();
  }

  newRunner(name: string, identity: Runner['identity'], disk?: Machine['disk']): Runner {
    return new Runner(this.#machine(name, identity.name, disk), identity, {
      network: this.network,
      capacity: 1 + this.world.below(2),
      orgOf: (service) => this.orgs.get(service)!,
      onBegun: (ref, service) => this.#onBegun(ref, service),
    });
  }

  remove(): void {
    this.controlPlane.remove();
    for (const { machine } of this.runners)
      for (const process of machine.processes.values()) process.kill('the end');
  }

  #machine(name: string, identity: string, disk?: Machine['disk']): Machine {
    return new Machine(
      this.world,
      name,
      identity,
      (process, point) => this.faults.passed(process, point),
      disk,
    );
  }

  #onBegun(ref: AttemptRef, service: string): View {
    const view: View = {
      service,
      attempt: attemptKey(ref),
      began: this.world.elapsed,
      objects: new Map(),
    };
    this.checks.views.set(view.attempt, view);
    return view;
  }

  /** Starts runs and changes the orgs while faults are injected. */
  #startActivity(): void {
    const { world, controlPlane } = this;
    const next = (): void => {
      if (world.elapsed > FAULTS_MS) return;
      const dice = world.fraction();
      if (dice < 0.5) controlPlane.startRun(world.pick(this.services));
      else if (dice < 0.55) controlPlane.startTest(world.pick(this.services));
      else this.orgs.get(world.pick(this.services))!.edit();
      world.after(world.between(100, 6_000), next);
    };
    world.after(500, next);
  }

  async #settle(): Promise<void> {
    const { world, controlPlane } = this;
    this.faults.end();
    await this.#expect('every run has ended, and nothing waits for delivery', () =>
      this.#isQuiet(),
    );
    // The first run builds on the state of earlier runs, the second on that of the first.
    for (const round of [1, 2]) {
      for (const org of this.orgs.values()) org.edit();
      for (const service of this.services) {
        const before = this.#wellEnded(service);
        controlPlane.startRun(service);
        await this.#expect(
          `run ${round} of ${service} after all faults succeeds`,
          () => this.#isQuiet() && this.#wellEnded(service) > before,
        );
      }
      if (world.violations.length === 0) this.checks.settled(controlPlane.database!);
    }
  }

  async #expect(what: string, holds: () => boolean): Promise<void> {
    if (this.world.violations.length > 0) return;
    if (!(await this.world.until(holds, SETTLING_MS)) && this.world.violations.length === 0)
      this.world.violate(`never happened: ${what} (${this.#summary()})`);
  }

  #isQuiet(): boolean {
    return (
      this.runners.every(
        (runner) => runner.workers.length === 0 && runner.connected && runner.held === 0,
      ) && this.#active() === 0
    );
  }

  #active(): number {
    return (
      this.#count(
        "SELECT COUNT(*) AS n FROM runs WHERE state IN ('queued', 'offered', 'running')",
      ) ?? Infinity
    );
  }

  #wellEnded(service: string): number {
    return (
      this.#count(
        "SELECT COUNT(*) AS n FROM runs WHERE service = ? AND kind = 'metadata' AND state = 'success'",
        service,
      ) ?? 0
    );
  }

  #count(sql: string, ...values: string[]): number | undefined {
    const { database } = this.controlPlane;
    return database === undefined
      ? undefined
      : (query(database, sql, values)[0] as { n: number }).n;
  }

  #summary(): string {
    const runners = this.runners.map(
      (runner) =>
        `${runner.machine.name}: ${runner.connected ? 'connected' : 'disconnected'}, ${runner.held} held, ${runner.workers.length} workers${runner.endedBy === undefined ? '' : `, ended with ${runner.endedBy}`}`,
    );
    return [`${this.#active()} active runs`, ...runners].join('; ');
  }

  async #runUntil<T>(work: Promise<T>): Promise<T> {
    let done = false;
    void work.then(() => (done = true));
    await this.world.until(() => done, 60_000);
    return await work;
  }

  #result(): Result {
    const { world } = this;
    return {
      seed: world.seed,
      violations: world.violations,
      tail: world.tail,
      digest: world.digest(),
      events: world.events,
      elapsedMs: world.elapsed,
      faults: this.faults.injected,
      ends: Object.fromEntries(this.checks.ends),
    };
  }
}

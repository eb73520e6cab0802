import type { SimulatedProcess, ProcessKind } from './process.ts';
import type { Road, Weather } from './network.ts';
import type { Runner } from './runner.ts';
import type { Simulation } from './simulation.ts';
import type { World } from './world.ts';

/** Points that a process passes, and where it may be killed. */
export const POINTS: Readonly<Record<ProcessKind, readonly string[]>> = {
  link: [
    'send',
    'dial ws',
    'disk open create',
    'disk write',
    'within a write',
    'after disk write',
    'disk sync',
    'after disk sync',
    'disk rename',
    'after disk rename',
    'disk sync directory',
    'after disk sync directory',
    'disk unlink',
    'after disk unlink',
    'disk make directory',
    'disk remove directory',
    'tell worker start',
    'tell worker stop',
    'fork',
  ],
  worker: [
    'disk open create',
    'disk write',
    'within a write',
    'after disk write',
    'disk sync',
    'after disk sync',
    'disk sync directory',
    'disk rename',
    'after disk rename',
    'tell link durable',
    'tell link ready',
  ],
  'control plane': ['send', 'transaction', 'begin', 'commit', 'committed'],
};

interface Trap {
  readonly kind: ProcessKind;
  readonly point: string;
  readonly power: boolean;
  left: number;
}

type Fault = (about: Adversity) => void;

interface Adversity {
  readonly world: World;
  readonly simulation: Simulation;
  readonly runner: Runner;
  /** How long it lasts, in milliseconds. */
  readonly ms: number;
  readonly trap: (trap: Trap) => void;
  /** Undoes it when it has lasted, or when all faults end, whichever comes first. */
  readonly undo: (act: () => void) => void;
  /** Goes on with it when it has lasted, unless all faults have ended. */
  readonly later: (act: () => void) => void;
}

function weather(kind: Exclude<Weather, 'fair'>): Fault {
  return ({ runner: { road }, undo }) => {
    road.weather = kind;
    undo(() => clear(road));
  };
}

function clear(road: Road): void {
  road.weather = 'fair';
  for (const connection of road.connections) connection.goOn();
}

function crash(kind: ProcessKind, power: boolean): Fault {
  return ({ world, trap }) =>
    trap({ kind, point: world.pick(POINTS[kind]), power, left: 1 + world.below(12) });
}

function stopFor(processes: readonly (SimulatedProcess | undefined)[], { undo }: Adversity): void {
  for (const process of processes) {
    process?.stop();
    undo(() => process?.resume());
  }
}

/** Everything that goes wrong, by name. */
export const FAULTS: Readonly<Record<string, Fault>> = {
  cut: ({ runner: { road } }) => road.reset(),
  partition: weather('held'),
  'lost messages': weather('lost'),
  'half-open upward': weather('lost upward'),
  'half-open downward': weather('lost downward'),
  duplicates: ({ runner: { road }, undo }) => {
    road.duplicates = 0.3;
    undo(() => (road.duplicates = 0));
  },
  'blocked channel': ({ runner: { road }, undo }) => {
    road.broken.add('ws');
    road.reset();
    undo(() => road.broken.clear());
  },
  'crash of the link': crash('link', false),
  'crash of a worker': crash('worker', false),
  'crash of the control plane': crash('control plane', false),
  'power cut at the link': crash('link', true),
  'power cut at a worker': crash('worker', true),
  'full disk': ({
    runner: {
      machine: { disk },
    },
    world,
    undo,
  }) => {
    disk.capacity = disk.used + world.below(world.pick([3_000, 40_000]));
    undo(() => (disk.capacity = Infinity));
  },
  'failing write': ({
    runner: {
      machine: { disk },
    },
  }) => disk.failNext('write', 'EIO'),
  'failing sync': ({
    runner: {
      machine: { disk },
    },
  }) => disk.failNext('sync', 'EIO'),
  'clock step of a runner': ({
    runner: {
      machine: { time },
    },
    world,
  }) => (time.wallOffset += world.pick([-1, 1]) * world.pick([90_000, 3_600_000, 100_000_000])),
  'clock step of the control plane': ({
    simulation: {
      controlPlane: {
        machine: { time },
      },
    },
    world,
  }) => (time.wallOffset += world.pick([-1, 1]) * world.pick([90_000, 3_600_000, 100_000_000])),
  'stopped link': (about) => stopFor([about.runner.process], about),
  'stopped worker': (about) => stopFor(about.runner.workers.slice(0, 1), about),
  'stopped machine': (about) => stopFor([about.runner.process, ...about.runner.workers], about),
  'stopped control plane': (about) => stopFor([about.simulation.controlPlane.process], about),
  'restart of the service': ({ runner }) => runner.drain(),
  'cancelled run': ({ simulation, world }) => {
    const active = simulation.controlPlane.database
      ?.prepare("SELECT id FROM runs WHERE state IN ('queued', 'offered', 'running')")
      .all() as { id: string }[] | undefined;
    if (active !== undefined && active.length > 0)
      simulation.controlPlane.cancel(world.pick(active).id);
  },
  'restored store': ({ simulation: { controlPlane, checks }, later }) => {
    controlPlane.backUp();
    later(() => {
      checks.forgetEnds();
      controlPlane.restore();
    });
  },
  'cloned machine': ({ simulation, runner, undo }) => {
    const clone = simulation.newRunner(
      `${runner.machine.name}c`,
      runner.identity,
      runner.machine.disk.clone(),
    );
    clone.start();
    undo(() => {
      clone.wanted = false;
      clone.machine.powerCut();
    });
  },
  'failing objects': ({ simulation: { orgs, services }, world, undo }) => {
    const org = orgs.get(world.pick(services))!;
    org.failing = 0.3;
    undo(() => (org.failing = 0));
  },
};

/** Chooses some kinds of fault for a seed, lets them happen for a while, and then makes everything whole. */
export class Faults {
  readonly #simulation: Simulation;
  readonly told: string[] = [];
  readonly #toUndo = new Set<() => void>();
  #traps: Trap[] = [];
  #over = false;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
  }

  begin(lengthMs: number): void {
    const { world } = this.#simulation;
    const wanted = process.env['SIMULATION_FAULTS']?.split(',');
    // Few kinds or many, now and then or all the time.
    const share = world.between(0.1, 0.8);
    const kinds = Object.keys(FAULTS).filter((name) =>
      wanted === undefined ? world.chance(share) : wanted.includes(name),
    );
    const longest = lengthMs / world.between(4, 60);
    const next = (): void => {
      if (this.#over || kinds.length === 0) return;
      this.#strike(world.pick(kinds));
      world.after(world.between(300, longest), next);
    };
    world.after(world.between(500, 5_000), next);
  }

  /** Called with every point that a process passes. */
  passed(process: SimulatedProcess, point: string): void {
    for (const trap of this.#traps) {
      if (trap.kind !== process.kind || trap.point !== point || (trap.left -= 1) > 0) continue;
      this.#traps = this.#traps.filter((other) => other !== trap);
      this.#simulation.world.note(`trap: ${process.name} at ${point}`);
      if (trap.power)
        this.#simulation.runners
          .find(({ machine }) => machine.processes.get(process.pid) === process)
          ?.machine.powerCut();
      else process.kill(`crash at ${point}`);
      return;
    }
  }

  /** From now on everything works. */
  end(): void {
    this.#over = true;
    this.#traps = [];
    const { runners, controlPlane, world } = this.#simulation;
    world.note('all faults end');
    for (const undo of this.#toUndo) undo();
    for (const runner of runners) {
      runner.road.clear();
      runner.machine.disk.capacity = Infinity;
      runner.machine.disk.heal();
      for (const process of runner.machine.processes.values()) process.resume();
      runner.start();
    }
    controlPlane.process?.resume();
    controlPlane.start();
  }

  #strike(name: string): void {
    const { world, runners } = this.#simulation;
    const ms = world.chance(0.3) ? world.between(10_000, 30_000) : world.between(50, 8_000);
    const runner = world.pick(runners);
    world.note(`fault: ${name} at ${runner.machine.name} for ${ms.toFixed(0)} ms`);
    this.told.push(
      `${(world.elapsed / 1000).toFixed(1)} s ${name} (${runner.machine.name}, ${(ms / 1000).toFixed(1)} s)`,
    );
    FAULTS[name]!({
      world,
      simulation: this.#simulation,
      runner,
      ms,
      trap: (trap) => this.#traps.push(trap),
      undo: (act) => this.#undo(ms, act),
      later: (act) => world.after(ms, () => (this.#over ? undefined : act())),
    });
  }

  #undo(ms: number, act: () => void): void {
    const once = (): void => {
      if (this.#toUndo.delete(once)) act();
    };
    this.#toUndo.add(once);
    this.#simulation.world.after(ms, once);
  }
}

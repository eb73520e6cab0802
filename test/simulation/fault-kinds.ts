import type { Machine } from './machine.ts';
import type { SimulatedProcess, ProcessKind } from './process.ts';
import type { RouteCondition } from './route.ts';
import type { Runner } from './runner.ts';
import type { Simulation } from './simulation.ts';
import type { World } from './world.ts';

/** Points that a process passes, at which it may be killed. */
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
    'send to worker start',
    'send to worker stop',
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
    'send to link durable',
    'send to link ready',
  ],
  'control plane': ['send', 'transaction', 'begin', 'commit', 'committed'],
};

/** Kills a process, or cuts its power, when it passes a point for the last of so many times. */
export interface Trap {
  readonly kind: ProcessKind;
  readonly point: string;
  readonly power: boolean;
  left: number;
}

type Fault = (context: FaultContext) => void;

export interface FaultContext {
  readonly world: World;
  readonly simulation: Simulation;
  readonly runner: Runner;
  /** Duration in milliseconds. */
  readonly ms: number;
  readonly trap: (trap: Trap) => void;
  /** Runs `act` after the duration, or when all faults end, whichever is first. */
  readonly undo: (act: () => void) => void;
  /** Runs `act` after the duration, unless all faults have ended. */
  readonly later: (act: () => void) => void;
}

function route(condition: Exclude<RouteCondition, 'normal'>): Fault {
  return ({ runner, undo }) => {
    runner.route.condition = condition;
    undo(() => runner.route.restore());
  };
}

function crash(kind: ProcessKind, power: boolean): Fault {
  return ({ world, trap }) =>
    trap({ kind, point: world.pick(POINTS[kind]), power, left: 1 + world.below(12) });
}

function stopFor(
  processes: readonly (SimulatedProcess | undefined)[],
  { undo }: FaultContext,
): void {
  for (const process of processes) {
    process?.stop();
    undo(() => process?.resume());
  }
}

function stepClock({ time }: Machine, world: World): void {
  time.wallOffset += world.pick([-1, 1]) * world.pick([90_000, 3_600_000, 100_000_000]);
}

/** The faults by name. */
export const FAULTS: Readonly<Record<string, Fault>> = {
  cut: ({ runner }) => runner.route.reset(),
  partition: route('held'),
  'lost messages': route('lost'),
  'half-open upward': route('lost upward'),
  'half-open downward': route('lost downward'),
  duplicates: ({ runner, undo }) => {
    runner.route.duplicates = 0.3;
    undo(() => (runner.route.duplicates = 0));
  },
  'blocked channel': ({ runner, undo }) => {
    runner.route.broken.add('ws');
    runner.route.reset();
    undo(() => runner.route.broken.clear());
  },
  'crash of the link': crash('link', false),
  'crash of a worker': crash('worker', false),
  'crash of the control plane': crash('control plane', false),
  'power cut at the link': crash('link', true),
  'power cut at a worker': crash('worker', true),
  'full disk': ({ runner, world, undo }) => {
    const { disk } = runner.machine;
    disk.capacity = disk.used + world.below(world.pick([3_000, 40_000]));
    undo(() => (disk.capacity = Infinity));
  },
  'failing write': ({ runner }) => runner.machine.disk.failNext('write', 'EIO'),
  'failing sync': ({ runner }) => runner.machine.disk.failNext('sync', 'EIO'),
  'clock step of a runner': ({ runner, world }) => stepClock(runner.machine, world),
  'clock step of the control plane': ({ simulation, world }) =>
    stepClock(simulation.controlPlane.machine, world),
  'stopped link': (context) => stopFor([context.runner.process], context),
  'stopped worker': (context) => stopFor(context.runner.workers.slice(0, 1), context),
  'stopped machine': (context) =>
    stopFor([context.runner.process, ...context.runner.workers], context),
  'stopped control plane': (context) => stopFor([context.simulation.controlPlane.process], context),
  'restart of the service': ({ runner }) => runner.drain(),
  'canceled run': ({ simulation, world }) => {
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

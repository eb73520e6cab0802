import { FAULTS, type Trap } from './fault-kinds.ts';
import type { SimulatedProcess } from './process.ts';
import type { Simulation } from './simulation.ts';

/** Chooses some kinds of fault for a seed, injects them for a while, and then ends all of them. */
export class Faults {
  readonly #simulation: Simulation;
  /** Each injected fault, for a report. */
  readonly injected: string[] = [];
  readonly #toUndo = new Set<() => void>();
  #traps: Trap[] = [];
  #over = false;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
  }

  begin(lengthMs: number): void {
    const { world } = this.#simulation;
    const wanted = process.env['SIMULATION_FAULTS']?.split(',');
    // Few kinds or many, rarely or often.
    const share = world.between(0.1, 0.8);
    const kinds = Object.keys(FAULTS).filter((name) =>
      wanted === undefined ? world.chance(share) : wanted.includes(name),
    );
    const longest = lengthMs / world.between(4, 60);
    const next = (): void => {
      if (this.#over || kinds.length === 0) return;
      this.#inject(world.pick(kinds));
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

  /** Ends all faults: from now on everything works. */
  end(): void {
    this.#over = true;
    this.#traps = [];
    const { runners, controlPlane, world } = this.#simulation;
    world.note('all faults end');
    for (const undo of this.#toUndo) undo();
    for (const runner of runners) {
      runner.route.clear();
      runner.machine.disk.capacity = Infinity;
      runner.machine.disk.heal();
      for (const process of runner.machine.processes.values()) process.resume();
      runner.start();
    }
    controlPlane.process?.resume();
    controlPlane.start();
  }

  #inject(name: string): void {
    const { world, runners } = this.#simulation;
    const ms = world.chance(0.3) ? world.between(10_000, 30_000) : world.between(50, 8_000);
    const runner = world.pick(runners);
    world.note(`fault: ${name} at ${runner.machine.name} for ${ms.toFixed(0)} ms`);
    this.injected.push(
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

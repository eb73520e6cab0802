import type { Disk, DiskFile } from '../../foundation/src/runtime/disk.ts';
import type { Processes } from '../../foundation/src/runtime/processes.ts';
import { SimulatedDisk } from '../support/simulated-disk.ts';
import { synced } from '../support/simulated-files.ts';
import { type MachineClock, type ProcessKind, SimulatedProcess } from './process.ts';
import type { World } from './world.ts';

const SYNC_MS = 3;

/** A computer with a disk, clocks and processes. */
export class Machine {
  readonly world: World;
  readonly name: string;
  readonly identity: string;
  readonly disk: SimulatedDisk;
  readonly time: MachineClock;
  readonly processes = new Map<number, SimulatedProcess>();
  readonly #onPoint: (process: SimulatedProcess, point: string) => void;
  #lastPid = 100;
  /** Counts power cuts. */
  boot = 0;

  constructor(
    world: World,
    name: string,
    identity: string,
    onPoint: (process: SimulatedProcess, point: string) => void,
    disk?: SimulatedDisk,
  ) {
    this.world = world;
    this.name = name;
    this.identity = identity;
    this.disk = disk ?? new SimulatedDisk(world.fraction);
    this.time = {
      wallOffset: Math.floor(world.between(-2000, 2000)),
      bootedAt: world.below(1_000_000),
    };
    this.#onPoint = onPoint;
  }

  spawn(kind: ProcessKind): SimulatedProcess {
    const pid = ++this.#lastPid;
    const process = new SimulatedProcess(this.world, kind, this, pid, this.#onPoint);
    this.processes.set(pid, process);
    process.onDeath(() => this.processes.delete(pid));
    return process;
  }

  /** Kills every process, and loses any part of what was not synced. */
  powerCut(): void {
    this.world.note(`${this.name} loses power`);
    this.boot += 1;
    for (const process of this.processes.values()) process.kill('power cut');
    this.disk.crash();
  }

  get table(): Processes {
    const { boot } = this;
    const find = (pid: number, started: string | undefined): SimulatedProcess | undefined =>
      started === `${boot}:${pid}` ? this.processes.get(pid) : undefined;
    return {
      identify: (pid) => Promise.resolve({ pid, started: `${boot}:${pid}` }),
      isAlive: ({ pid, started }) => Promise.resolve(find(pid, started) !== undefined),
      kill: ({ pid, started }) => Promise.resolve(find(pid, started)?.kill('killed as an orphan')),
    };
  }

  /** The disk as seen by a process of this machine. */
  diskOf(process: SimulatedProcess): Disk {
    const { disk, world } = this;
    const through = async <T>(point: string, act: () => Promise<T>, ms = 0): Promise<T> => {
      await process.pass(`disk ${point}`);
      const settled = await outcomeOf(act());
      await process.pass(`after disk ${point}`, ms);
      if ('thrown' in settled) throw settled.thrown;
      return settled.value;
    };
    const fileOf = (file: DiskFile): DiskFile => ({
      write: (bytes, position) =>
        through('write', async () => {
          const whole = process.survives('within a write');
          await file.write(
            whole ? bytes : bytes.subarray(0, world.below(bytes.byteLength)),
            position,
          );
        }),
      read: (position, length) => through('read', () => file.read(position, length)),
      size: () => through('size', () => file.size()),
      truncate: (size) => through('truncate', () => file.truncate(size)),
      sync: () => through('sync', () => file.sync(), world.between(0, SYNC_MS)),
      close: () => file.close(),
    });
    return {
      open: async (path, mode) => {
        const opened = mode === 'createSynced' ? 'create' : mode;
        const file = fileOf(await through(`open ${opened}`, () => disk.open(path, opened)));
        return mode === 'createSynced' ? synced(file) : file;
      },
      rename: (from, to) => through('rename', () => disk.rename(from, to)),
      unlink: (path) => through('unlink', () => disk.unlink(path)),
      list: (path) => through('list', () => disk.list(path)),
      makeDirectory: (path) => through('make directory', () => disk.makeDirectory(path)),
      removeDirectory: (path) => through('remove directory', () => disk.removeDirectory(path)),
      syncDirectory: (path) =>
        through('sync directory', () => disk.syncDirectory(path), world.between(0, SYNC_MS)),
      free: () => through('free', () => disk.free()),
    };
  }
}

/** Keeps an error until the process has passed the point: a dead process gets none. */
async function outcomeOf<T>(
  work: Promise<T>,
): Promise<{ readonly value: T } | { readonly thrown: unknown }> {
  try {
    return { value: await work };
  } catch (thrown) {
    return { thrown };
  }
}

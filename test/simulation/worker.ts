import type { ChildProcess, fork } from 'node:child_process';
import { EventEmitter } from 'node:events';
import type { AttemptRef } from '../../foundation/src/domain/ids.ts';
import type { Random } from '../../foundation/src/runtime/random.ts';
import type { FromWorker, ToWorker } from '../../foundation/src/runtime/worker-messages.ts';
import { runWorker } from '../../src/worker/program.ts';
import { openStateFile } from '../../src/worker/state-file.ts';
import { createExtractor, type Extraction } from './extractor.ts';
import type { Machine } from './machine.ts';
import type { SimulatedProcess } from './process.ts';

const SEGMENT_BYTES = 4_000;

/** Access of a worker that uses no secret and no network. */
const ACCESS = {
  secrets: new Map<string, never>(),
  connect: () => Promise.reject(new Error('a simulation has no network')),
  admitOrganization: () => Promise.resolve(),
  noteFailedSignIn: () => Promise.resolve(),
  protect: () => undefined,
  stateDirectory: undefined,
  limits: {
    reservePercent: 0,
    maxApiCallsPerRun: undefined,
    counts: true,
    sampleRows: false,
    codeText: false,
    profile: false,
    owners: false,
  },
};

export interface ForkDeps {
  readonly machine: Machine;
  readonly link: SimulatedProcess;
  readonly random: Random;
  readonly orgOf: Extraction['orgOf'];
  readonly onBegun: (ref: AttemptRef, service: string) => ReturnType<Extraction['view']>;
}

/**
 * `fork` on a simulated machine: the real worker program in a simulated process, with a message
 * channel to its parent.
 */
export function createFork(deps: ForkDeps): typeof fork {
  const start = (): ChildProcess => {
    const { machine, link } = deps;
    // Code of a dead process has no effect until it next waits.
    if (!link.survives('fork'))
      return Object.assign(new EventEmitter(), {
        connected: false,
        stdout: null,
        stderr: null,
        kill: () => false,
      }) as unknown as ChildProcess;
    const process = machine.spawn('worker');
    const startsIn = machine.world.between(5, 60);
    const channel = new MessageChannel(link, process, machine.world.elapsed + startsIn);
    link.onDeath(() => channel.disconnect());
    process.onDeath((how) => channel.childGone(how));
    process.deliverAfter(startsIn, () => begin(deps, process, channel));
    link.deliverAfter(0, () => channel.child.emit('spawn'));
    return channel.child as unknown as ChildProcess;
  };
  return start;
}

function begin(
  { machine, random, orgOf, onBegun }: ForkDeps,
  process: SimulatedProcess,
  channel: MessageChannel,
): void {
  // A program without a parent ends.
  if (!channel.host.connected) return process.kill('exit 0');
  const disk = machine.diskOf(process);
  const view: Extraction['view'] = (service) => onBegun(channel.ref!, service);
  runWorker(channel.host as unknown as NodeJS.Process, {
    clock: process.clock,
    random,
    disk,
    connectors: [createExtractor({ process, orgOf, view })],
    output: [],
    prepare: (_settings, _redactor, createLog) => ({
      logger: createLog('info'),
      openAccess: ({ workflow, kind }) =>
        Promise.resolve({
          ...ACCESS,
          ...(kind === 'metadata'
            ? {
                stateStore: openStateFile(
                  '/state/connectors/simulated/last-runs',
                  workflow.source.serviceName,
                  disk,
                ),
              }
            : {}),
        }),
    }),
  });
}

/** The message channel between a link and its worker. */
class MessageChannel {
  readonly child: EventEmitter & { connected: boolean };
  readonly host: EventEmitter & { connected: boolean };
  readonly #link: SimulatedProcess;
  readonly #worker: SimulatedProcess;
  /** The attempt of the worker. */
  ref: AttemptRef | undefined;
  #lastToWorker: number;
  #lastToLink = 0;

  /** Messages sent before the worker listens wait until then. */
  constructor(link: SimulatedProcess, worker: SimulatedProcess, listensAt: number) {
    this.#lastToWorker = listensAt;
    this.#link = link;
    this.#worker = worker;
    this.child = Object.assign(new EventEmitter(), {
      pid: worker.pid,
      connected: true,
      stdout: null,
      stderr: null,
      send: (message: ToWorker, sent?: () => void) => this.#toWorker(message, sent),
      kill: () => worker.kill('killed by the link'),
    });
    this.host = Object.assign(new EventEmitter(), {
      connected: true,
      send: (message: FromWorker, sent?: () => void) => this.#toLink(message, sent),
      exit: (code: number) => worker.kill(`exit ${code}`),
      memoryUsage: { rss: () => 1 },
    });
  }

  disconnect(): void {
    this.host.connected = false;
    this.#worker.deliverAfter(1, () => this.host.emit('disconnect'));
  }

  childGone(how: string): void {
    const code = /^exit (?<code>\d+)$/.exec(how)?.groups?.['code'];
    // Messages sent before its end arrive first.
    const after = Math.max(1, this.#lastToLink - this.#link.world.elapsed);
    this.#link.deliverAfter(after, () => {
      this.child.connected = false;
      this.child.emit(
        'close',
        code === undefined ? null : Number(code),
        code === undefined ? 'SIGKILL' : null,
      );
    });
  }

  #toWorker(message: ToWorker, sent?: () => void): void {
    if (!this.#link.survives(`send to worker ${message.type}`)) return;
    if (message.type === 'start') this.ref = message.job.ref;
    // Small segments, since the streams of a simulation are small: many are created and deleted.
    const copy = JSON.parse(
      JSON.stringify(
        message.type === 'start' ? { ...message, segmentBytes: SEGMENT_BYTES } : message,
      ),
    ) as ToWorker;
    this.#lastToWorker = this.#arrival(this.#lastToWorker);
    this.#worker.deliverAfter(this.#lastToWorker - this.#link.world.elapsed, () =>
      this.host.emit('message', copy),
    );
    if (sent !== undefined) queueMicrotask(sent);
  }

  #toLink(message: FromWorker, sent?: () => void): void {
    // Figures change nothing that a simulation checks, and would use up random numbers of its seed.
    if (message.type === 'figures') return sent === undefined ? undefined : queueMicrotask(sent);
    if (!this.#worker.survives(`send to link ${message.type}`)) return;
    const copy = JSON.parse(JSON.stringify(message)) as FromWorker;
    this.#lastToLink = this.#arrival(this.#lastToLink);
    this.#link.deliverAfter(this.#lastToLink - this.#link.world.elapsed, () =>
      this.child.emit('message', copy),
    );
    if (sent !== undefined) queueMicrotask(sent);
  }

  #arrival(last: number): number {
    const { world } = this.#link;
    return Math.max(last, world.elapsed + world.between(0.1, 3));
  }
}

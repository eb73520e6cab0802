import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import type { Logger } from 'pino';
import { authority } from './server/addresses.ts';
import { createApp } from './api/app.ts';
import type { Clock, RandomBytes } from './runtime/clock.ts';
import { Dispatcher } from './runs/dispatcher.ts';
import { hashToken } from './runners/enrollment.ts';
import { ChangeHub, DISPATCH, ProgressBoard } from './runtime/change-hub.ts';
import { Delivery } from './link/delivery.ts';
import { Registry } from './link/registry.ts';
import { Session, type SessionGround } from './link/session.ts';
import type { Wire } from './link/wire.ts';
import { Port } from './server/port.ts';
import { earliestExclusiveOffer, restampDeadlines } from './runs/restart.ts';
import { Retention } from './runs/retention.ts';
import type { Ground, Limits } from './deps.ts';
import { openSqliteStore } from './store/sqlite.ts';
import type { TlsFiles } from './server/tls.ts';

export interface ControlPlaneOptions {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** Folder of the store. */
  readonly data: string;
  readonly tls: TlsFiles;
  readonly adminToken: string;
  /** Names and addresses under which the port can be dialed. */
  readonly names: readonly string[];
  /** host:port that runners may dial beside these. */
  readonly authorities: readonly string[];
  readonly limits: Limits;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly log: Logger;
}

export interface RunningControlPlane {
  readonly port: number;
  /** Ends in order: no new connections, runners told goodbye, what they delivered stored, the store closed. */
  close(): Promise<void>;
}

/** Starts everything and resolves when runners and people can connect. */
export async function startControlPlane(
  options: ControlPlaneOptions,
): Promise<RunningControlPlane> {
  await mkdir(options.data, { recursive: true, mode: 0o700 });
  const { clock, random, limits, log } = options;
  const store = openSqliteStore(join(options.data, 'store.sqlite'));
  const ground: Ground = {
    store,
    clock,
    random,
    limits,
    log,
    changes: new ChangeHub(),
    progress: new ProgressBoard(),
    waits: new Map(),
  };
  const stopping = new AbortController();
  const authorities = new Set<string>(options.authorities.map((address) => address.toLowerCase()));
  const engine = createEngine(ground, authorities);
  const app = createApp({
    ground,
    registry: engine.registry,
    adminTokenHash: hashToken(options.adminToken),
    stopping: stopping.signal,
  });
  const { cert, key } = options.tls;
  const listener = getRequestListener(app.fetch);
  const port = new Port({
    cert,
    key,
    accept: (wire) => engine.accept(wire),
    answer: (request, response) => void listener(request, response),
  });
  const number = await port.listen(options.host, options.port);
  for (const name of options.names) authorities.add(authority(name.toLowerCase(), number));
  const running = engine.run(stopping.signal);
  return {
    port: number,
    close: async () => {
      port.stopListening();
      stopping.abort();
      ground.changes.changed(DISPATCH);
      await running;
      port.close();
      await store.close();
    },
  };
}

/** A control plane without its port: who has connections gives them to it. */
export interface Engine {
  readonly registry: Registry;
  /** Takes a runner's connection. */
  accept(wire: Wire): void;
  /** Makes the deadlines in the store those of this process, then runs until the signal aborts; then runners are told goodbye, and what they delivered is stored, before it resolves. */
  run(signal: AbortSignal): Promise<void>;
}

/** `authorities` are host:port in lower case, as runners may dial it. */
export function createEngine(ground: Ground, authorities: ReadonlySet<string>): Engine {
  const registry = new Registry();
  const delivery = new Delivery(ground);
  const sessions = new Sessions({ ...ground, registry, delivery, authorities });
  return {
    registry,
    accept: (wire) => sessions.accept(wire),
    run: async (signal) => {
      await restampDeadlines(ground);
      const exclusiveFrom = await earliestExclusiveOffer(ground);
      await Promise.all([
        new Dispatcher(ground, registry, exclusiveFrom).run(signal),
        new Retention(ground).run(signal),
      ]);
      await sessions.close();
      await delivery.idle();
    },
  };
}

/** Every open connection of a runner, welcomed or not. */
class Sessions {
  readonly #ground: SessionGround;
  readonly #open = new Map<Session, Promise<void>>();
  #closing = false;

  constructor(ground: SessionGround) {
    this.#ground = ground;
  }

  accept(wire: Wire): void {
    if (this.#closing) return wire.close('going down');
    const session = new Session(this.#ground, wire);
    this.#open.set(
      session,
      session.run().finally(() => this.#open.delete(session)),
    );
  }

  async close(): Promise<void> {
    this.#closing = true;
    const ended = [...this.#open.values()];
    for (const session of this.#open.keys()) session.close('going down');
    await Promise.all(ended);
  }
}

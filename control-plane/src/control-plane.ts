import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Logger } from 'pino';
import { createApp } from './api/app.ts';
import type { Deps } from './deps.ts';
import { createEngine, type Engine } from './engine.ts';
import type { Limits } from './limits.ts';
import { saveAddress } from './openmetadata/endpoints/address.ts';
import { openMetadataParts, type OpenMetadataParts } from './openmetadata/parts.ts';
import { createOpenMetadata } from './openmetadata/openmetadata.ts';
import { openPlainSecrets } from './openmetadata/deployments/plain-secrets.ts';
import { openSealer, type Sealer } from './openmetadata/sealing.ts';
import { hashToken } from './runners/enrollment.ts';
import { ProgressBoard } from './runs/progress-board.ts';
import { ChangeHub, DISPATCH } from './runtime/change-hub.ts';
import type { Clock, RandomBytes } from './runtime/clock.ts';
import { StartFailures } from './schedules/start-failures.ts';
import { authority } from './server/addresses.ts';
import { Health } from './server/health.ts';
import { Port } from './server/port.ts';
import { serveProbes, type ListenAddress, type Probes } from './server/probes.ts';
import type { TlsFiles } from './server/tls.ts';
import { openSqliteStore } from './store/sqlite.ts';
import { noTracer, type RunTracer } from './telemetry/run-tracer.ts';

export interface ControlPlaneOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Folder of the store. */
  readonly data: string;
  readonly tls: TlsFiles;
  readonly adminToken: string;
  /** Names and addresses under which the port can be reached. */
  readonly names: readonly string[];
  /** Further host:port addresses that runners may dial. */
  readonly authorities: readonly string[];
  readonly limits: Limits;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly log: Logger;
  /** The name or address that others should use; shown to operators of OpenMetadata servers. */
  readonly advertised?: string;
  /** Default: records nothing. */
  readonly tracer?: RunTracer;
  /** Where to answer /livez and /readyz, without TLS. Default: nowhere. */
  readonly probes?: ListenAddress;
  /** Called when a client of any kind connects, once. */
  readonly onFirstConnection?: () => void;
  /** Replaces the calls to OpenMetadata servers and the runs of their pipelines. */
  readonly openMetadata?: OpenMetadataParts;
}

export interface RunningControlPlane {
  readonly port: number;
  /** The port of the probes; undefined without. */
  readonly probePort: number | undefined;
  readonly health: Health;
  /**
   * Stops in order: no new connections, sessions closed, delivered batches stored, store closed.
   */
  close(): Promise<void>;
}

/** Starts a control plane and resolves when it accepts connections. */
export async function startControlPlane(
  options: ControlPlaneOptions,
): Promise<RunningControlPlane> {
  await mkdir(options.data, { recursive: true, mode: 0o700 });
  const sealer = openSealer(options.data, options.random);
  const deps = createDeps(options, sealer);
  const stopping = new AbortController();
  const authorities = new Set(options.authorities.map((address) => address.toLowerCase()));
  const engine = createEngine(deps, authorities);
  const parts = options.openMetadata ?? openMetadataParts(deps, engine.registry, sealer);
  const openMetadata = createOpenMetadata({ deps, sealer, stopping: stopping.signal, ...parts });
  const health = new Health(deps);
  const probes = await probesOf(options, health);
  const app = createApp({
    deps,
    openMetadata: openMetadata.api,
    registry: engine.registry,
    adminTokenHash: hashToken(options.adminToken),
    stopping: stopping.signal,
  });
  const port = portOf(options, app, engine);
  const number = await port.listen(options.host, options.port);
  if (options.advertised !== undefined)
    await saveAddress(deps.store, `https://${authority(options.advertised, number)}`);
  for (const name of options.names) authorities.add(authority(name.toLowerCase(), number));
  health.become('serving');
  const running = Promise.all([
    engine.run(stopping.signal, openMetadata.startManaged),
    openMetadata.run(stopping.signal),
  ]);
  const close = (): Promise<void> => shutDown({ deps, health, port, probes, stopping, running });
  return { port: number, probePort: probes?.port, health, close };
}

interface Parts {
  readonly deps: Deps;
  readonly health: Health;
  readonly port: Port;
  readonly probes: Probes | undefined;
  readonly stopping: AbortController;
  readonly running: Promise<unknown>;
}

async function shutDown(parts: Parts): Promise<void> {
  const { deps, health, port, probes, stopping, running } = parts;
  health.become('draining');
  port.stopListening();
  stopping.abort();
  deps.changes.changed(DISPATCH);
  await running;
  port.close();
  await probes?.close();
  await deps.store.close();
}

async function probesOf(
  { probes }: ControlPlaneOptions,
  health: Health,
): Promise<Probes | undefined> {
  return probes === undefined ? undefined : serveProbes(probes, health);
}

function portOf(
  { tls, onFirstConnection = () => undefined }: ControlPlaneOptions,
  app: OpenAPIHono,
  engine: Engine,
): Port {
  const listener = getRequestListener(app.fetch);
  return new Port({
    ...tls,
    onFirstConnection,
    accept: (wire) => engine.accept(wire),
    answer: (request, response) => void listener(request, response),
  });
}

function createDeps(
  { data, clock, random, limits, log, tracer = noTracer }: ControlPlaneOptions,
  sealer: Sealer,
): Deps {
  return {
    store: openSqliteStore(join(data, 'store.sqlite')),
    clock,
    random,
    limits,
    log,
    tracer,
    changes: new ChangeHub(),
    progress: new ProgressBoard(),
    waits: new Map(),
    startFailures: new StartFailures(),
    openWorkflow: (runId, workflow) => openPlainSecrets(sealer, runId, workflow),
  };
}

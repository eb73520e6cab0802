import { allowGrowth, compactHeap } from './runtime/small-heap.ts';
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { hostname, networkInterfaces } from 'node:os';
import { join, resolve } from 'node:path';
import { pino } from 'pino';
import { addressesOf, authority, type Machine } from './server/addresses.ts';
import { adminToken } from './server/admin-token.ts';
import { systemClock } from './runtime/clock.ts';
import { startControlPlane } from './control-plane.ts';
import { ControlPlaneError } from './runtime/errors.ts';
import { runOpenMetadataCommand } from './openmetadata/endpoints/command.ts';
import { parseOptions, type Options } from './options.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { feedWatchdog, tellServiceManager } from './server/service-manager.ts';
import { ownTls, readTls, type TlsFiles } from './server/tls.ts';
import { openTelemetry } from './telemetry/open.ts';

const log = pino({ name: 'control-plane' }, pino.destination({ dest: 2, sync: true }));

/** `openmetadata` is a command of its own; everything else starts the control plane. */
async function run(argv: readonly string[]): Promise<void> {
  if (argv[0] === 'openmetadata')
    return runOpenMetadataCommand(argv.slice(1), (text) => process.stdout.write(text));
  return main(parseOptions(argv));
}

async function main(options: Options): Promise<void> {
  const data = resolve(options.data);
  await mkdir(data, { recursive: true, mode: 0o700 });
  const tokenFile = options.adminTokenFile ?? join(data, 'admin-token');
  const token = await adminToken(tokenFile, options.adminTokenFile === undefined, randomBytes);
  const { advertised, names } = addressesOf(options.host, thisMachine());
  const tls = await tlsOf(options, names, data);
  const own = { instance: advertised, clock: systemClock, log };
  const telemetry = await openTelemetry(options, own);
  const controlPlane = await startControlPlane({
    host: options.host,
    port: options.port,
    names,
    advertised,
    data,
    tls,
    adminToken: token,
    authorities: options.authority,
    clock: systemClock,
    random: randomBytes,
    log,
    limits: limitsOf(options),
    tracer: telemetry.tracer,
    onFirstConnection: allowGrowth,
    ...(options.probes === undefined ? {} : { probes: options.probes }),
  });
  const watching = new AbortController();
  stopOnSignal(() => {
    watching.abort();
    return controlPlane.close().then(() => telemetry.close());
  });
  const address = authority(advertised, controlPlane.port);
  printReadyLine(options, address, { caFile: tls.caFile, tokenFile, token });
  await tellServiceManager('READY=1', process);
  await compactHeap();
  await feedWatchdog(() => controlPlane.health.live().ok, systemClock, watching.signal, process);
}

function limitsOf(options: Options): Limits {
  return {
    ...DEFAULT_LIMITS,
    leaseTtlMs: options.leaseTtl,
    heartbeatIntervalMs: options.heartbeatInterval,
    maxAttempts: options.maxAttempts,
    absenceLimitMs: options.waitLimit,
  };
}

interface AdminAccess {
  readonly caFile: string;
  readonly tokenFile: string;
  readonly token: string;
}

function printReadyLine(
  { printAdminToken }: Options,
  address: string,
  { caFile, tokenFile, token }: AdminAccess,
): void {
  const ready = {
    ready: true,
    url: `wss://${address}`,
    console: `https://${address}/`,
    caFile: resolve(caFile),
    adminTokenFile: resolve(tokenFile),
    ...(printAdminToken ? { adminToken: token } : {}),
  };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
}

function tlsOf(
  { tlsCert, tlsKey, authority: authorities }: Options,
  names: readonly string[],
  data: string,
): Promise<TlsFiles> {
  if (tlsCert !== undefined && tlsKey !== undefined) return readTls(tlsCert, tlsKey);
  const others = authorities.map((address) => address.replace(/:\d+$/, ''));
  return ownTls(join(data, 'tls'), [...new Set([...names, ...others])], Date.now());
}

function thisMachine(): Machine {
  const interfaces = Object.values(networkInterfaces()).flatMap((found) => found ?? []);
  // Link-local addresses cannot be dialed without a zone.
  return {
    hostname: hostname(),
    addresses: interfaces
      .filter(({ internal, scopeid }) => !internal && (scopeid ?? 0) === 0)
      .map(({ address }) => address),
  };
}

/** The first signal shuts down in order, the second exits at once. */
function stopOnSignal(close: () => Promise<void>): void {
  const stop = (signal: NodeJS.Signals): void => {
    log.info({ signal }, 'shutting down');
    void tellServiceManager('STOPPING=1', process);
    process.once(signal, () => process.exit(130));
    close().then(
      () => process.exit(0),
      (thrown: unknown) => {
        log.fatal({ err: thrown }, 'failed to shut down');
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

run(process.argv.slice(2)).catch((thrown: unknown) => {
  const error = ControlPlaneError.from(thrown);
  if (process.argv[2] === 'openmetadata')
    process.stderr.write(`control-plane: ${error.code}: ${error.message}\n${error.remedy}\n`);
  else
    log.fatal(
      { code: error.code, remedy: error.remedy, err: thrown },
      'control plane failed to start',
    );
  process.exitCode = error.code === 'USAGE' ? 2 : 1;
});

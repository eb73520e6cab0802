import { isIP } from 'node:net';
import { Command, InvalidArgumentError } from 'commander';
import { DEFAULT_LIMITS } from './limits.ts';
import { PROGRAM, version } from './runtime/program.ts';
import type { ListenAddress } from './server/probes.ts';
import type { TelemetryOptions } from './telemetry/open.ts';

export interface Options extends TelemetryOptions {
  readonly host: string;
  readonly port: number;
  readonly data: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly adminTokenFile?: string;
  readonly printAdminToken: boolean;
  readonly authority: readonly string[];
  readonly probes?: ListenAddress;
  readonly leaseTtl: number;
  readonly heartbeatInterval: number;
  readonly maxAttempts: number;
  readonly waitLimit: number;
}

const USAGE_EXIT_CODE = 2;

/** Parses the command line. Prints and exits for --help and for invalid options. */
export function parseOptions(argv: readonly string[]): Options {
  const program = new Command(PROGRAM)
    .description('Accepts runners, offers them jobs and stores the results.')
    .version(version(), '--version', 'print the version');
  program.addHelpText(
    'after',
    '\nCommands:\n  openmetadata  manages the OpenMetadata servers that use this control plane (see openmetadata --help)',
  );
  addServerOptions(program);
  addTelemetryOptions(program);
  addLimitOptions(program);
  program
    .allowExcessArguments(false)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : USAGE_EXIT_CODE));
  const options = program.parse(argv, { from: 'user' }).opts<Options>();
  if ((options.tlsCert === undefined) !== (options.tlsKey === undefined))
    program.error('--tls-cert and --tls-key must be given together');
  const { otlpEndpoint, otlpHeadersFile } = options;
  if (otlpHeadersFile !== undefined && !isSafeForHeaders(otlpEndpoint))
    program.error('--otlp-headers-file requires an --otlp-endpoint of https or of this machine');
  return options;
}

function addServerOptions(program: Command): void {
  program
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <number>', 'port to listen on; 0 for any free port', wholeNumber(0, 65_535), 0)
    .option('--data <folder>', 'folder of store, TLS files and admin token', 'control-plane-data')
    .option(
      '--tls-cert <file>',
      'certificate chain (PEM); default: issued by a CA created in the data folder',
    )
    .option('--tls-key <file>', 'private key of the certificate (PEM)')
    .option(
      '--admin-token-file <file>',
      'file with the admin token; default: created in the data folder',
    )
    .option('--print-admin-token', 'include the admin token in the ready line', false)
    .option(
      '--authority <host:port>',
      'further address under which runners reach this control plane; repeatable',
      collect,
      [],
    )
    .option(
      '--probes <ip:port>',
      'address to answer /livez and /readyz at, without TLS; default: nowhere',
      listenAddress,
    );
}

function addTelemetryOptions(program: Command): void {
  program
    .option(
      '--otlp-endpoint <url>',
      'where to send traces by OTLP over HTTP, as https://host:port; default: nowhere',
      plainUrl,
    )
    .option(
      '--otlp-headers-file <file>',
      'file with HTTP headers for the OTLP endpoint, one a line; can contain credentials',
    );
}

function addLimitOptions(program: Command): void {
  program
    .option(
      '--lease-ttl <ms>',
      'how long a silent runner keeps its runs',
      wholeNumber(100),
      DEFAULT_LIMITS.leaseTtlMs,
    )
    .option(
      '--heartbeat-interval <ms>',
      'interval of heartbeats from runners',
      wholeNumber(10),
      DEFAULT_LIMITS.heartbeatIntervalMs,
    )
    .option(
      '--max-attempts <number>',
      'attempts of a run, counting lost runners and retryable failures',
      wholeNumber(1, 100),
      DEFAULT_LIMITS.maxAttempts,
    )
    .option(
      '--wait-limit <ms>',
      'how long a run waits while no suitable runner is connected',
      wholeNumber(1000),
      DEFAULT_LIMITS.absenceLimitMs,
    );
}

function wholeNumber(min: number, max: number = 2 ** 31 - 1): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max)
      throw new InvalidArgumentError(`Enter a whole number from ${min} to ${max}.`);
    return value;
  };
}

function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

/** A name could resolve to any address. */
function listenAddress(text: string): ListenAddress {
  const match = /^(?:\[(?<v6>[^\]]+)\]|(?<v4>[^:]+)):(?<port>\d{1,5})$/.exec(text);
  const { v4, v6, port } = match?.groups ?? {};
  const host = v4 === 'localhost' ? '127.0.0.1' : (v6 ?? v4 ?? '');
  if (isIP(host) !== (v6 === undefined ? 4 : 6) || !(Number(port) <= 65_535))
    throw new InvalidArgumentError('Enter an IP address and a port, such as 127.0.0.1:7480.');
  return { host, port: Number(port) };
}

function plainUrl(text: string): string {
  const url = URL.parse(text);
  const isPlain =
    url !== null &&
    ['http:', 'https:'].includes(url.protocol) &&
    `${url.username}${url.password}${url.search}${url.hash}` === '';
  if (!isPlain) throw new InvalidArgumentError('Enter https://host:port or http://host:port.');
  return text;
}

/** Headers can be credentials, so they travel only encrypted or within the machine. */
function isSafeForHeaders(endpoint: string | undefined): boolean {
  const url = endpoint === undefined ? null : URL.parse(endpoint);
  return (
    url !== null &&
    (url.protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname))
  );
}

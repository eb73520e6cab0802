import { Command, InvalidArgumentError } from 'commander';
import { DEFAULT_LIMITS } from './deps.ts';

export interface Options {
  readonly host: string;
  readonly port: number;
  readonly data: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly adminTokenFile?: string;
  readonly printAdminToken: boolean;
  readonly authority: readonly string[];
  readonly leaseTtl: number;
  readonly heartbeatInterval: number;
  readonly maxAttempts: number;
  readonly waitLimit: number;
}

const USAGE_EXIT_CODE = 2;

/** Reads the command line. Prints and exits for --help and for a line it does not understand. */
export function parseOptions(argv: readonly string[]): Options {
  const program = new Command('control-plane')
    .description('Takes runners, gives them jobs and keeps what they bring.')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <number>', 'port to listen on; 0 for any free one', wholeNumber(0, 65_535), 0)
    .option('--data <folder>', 'folder of store, TLS files and admin token', 'control-plane-data')
    .option(
      '--tls-cert <file>',
      'certificate chain in PEM; without it an authority is made in the data folder',
    )
    .option('--tls-key <file>', 'its private key in PEM')
    .option(
      '--admin-token-file <file>',
      'file that holds the admin token; without it one is made in the data folder',
    )
    .option('--print-admin-token', 'show the admin token in the ready line', false)
    .option(
      '--authority <host:port>',
      'another address under which runners reach this; repeatable',
      collect,
      [],
    )
    .option(
      '--lease-ttl <ms>',
      'how long a silent runner keeps its runs',
      wholeNumber(100),
      DEFAULT_LIMITS.leaseTtlMs,
    )
    .option(
      '--heartbeat-interval <ms>',
      'how often runners report',
      wholeNumber(10),
      DEFAULT_LIMITS.heartbeatIntervalMs,
    )
    .option(
      '--max-attempts <number>',
      'how often a run is tried, when runners are lost and when it fails with what may pass',
      wholeNumber(1, 100),
      DEFAULT_LIMITS.maxAttempts,
    )
    .option(
      '--wait-limit <ms>',
      'how long a run waits while no runner is there that could take it',
      wholeNumber(1000),
      DEFAULT_LIMITS.absenceLimitMs,
    )
    .allowExcessArguments(false)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : USAGE_EXIT_CODE));
  const options = program.parse(argv, { from: 'user' }).opts<Options>();
  if ((options.tlsCert === undefined) !== (options.tlsKey === undefined))
    program.error('--tls-cert and --tls-key belong together');
  return options;
}

function wholeNumber(least: number, most: number = 2 ** 31 - 1): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(`Write a whole number from ${least} to ${most}.`);
    return value;
  };
}

function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

import { Command, InvalidArgumentError } from 'commander';
import { SandboxError } from './errors.ts';
import { startSandbox, type Sandbox, type SandboxOptions } from './sandbox.ts';

interface Flags extends Omit<SandboxOptions, 'proxyCredentials' | 'trustedRanges' | 'serverTime'> {
  readonly trustedRanges?: readonly string[];
  readonly serverTime?: 'on' | 'off';
  readonly proxyAuth?: string;
  readonly json?: boolean;
}

function number(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('must be an integer');
  return value;
}

function onOff(text: string): string {
  if (text !== 'on' && text !== 'off') throw new InvalidArgumentError('must be on or off');
  return text;
}

const program = new Command('sandbox-org')
  .description(
    'An emulated Salesforce org on loopback. Prints a line of JSON when ready; stops on SIGTERM or SIGINT.',
  )
  .option('--objects <n>', 'number of sObjects', number, 300)
  .option('--seed <s>', 'the same seed gives the same org', number, 1)
  .option('--latency <ms>', 'network round trip of each call', number, 0)
  .option(
    '--server-time <on|off>',
    'model the response time of the server (on with --latency)',
    onOff,
  )
  .option('--port <p>', 'TLS port, 0 for any free port', number, 0)
  .option('--state <dir>', 'directory of the CA and the certificates')
  .option(
    '--trusted-ranges <cidr,…>',
    'networks from which no security token is required',
    (text) => text.split(',').filter(Boolean),
  )
  .option('--session-timeout <seconds>', 'idle time after which a session ends', number, 7_200)
  .option('--daily-limit <n>', 'API calls per day', number, 100_000)
  .option('--my-domain <name>', 'acme.my, or acme--uat.sandbox.my', 'acme.my')
  .option('--proxy-port <p>', 'run a CONNECT proxy too; 0 for any free port', number)
  .option('--proxy-auth <user:password>', 'credentials that the proxy requires')
  .option('--json', 'no summary on stderr');

async function main(): Promise<void> {
  const flags = program.parse().opts<Flags>();
  const sandbox = await startSandbox(optionsOf(flags));
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => void sandbox.close());
  const ready = readyLine(sandbox);
  process.stdout.write(`${JSON.stringify(ready)}\n`);
  if (!flags.json) process.stderr.write(summary(sandbox, ready.fields));
}

function optionsOf({ serverTime, proxyAuth, json: _json, ...rest }: Flags): SandboxOptions {
  const colon = proxyAuth?.indexOf(':') ?? -1;
  return {
    ...rest,
    ...(serverTime === undefined ? {} : { serverTime: serverTime === 'on' }),
    ...(proxyAuth === undefined
      ? {}
      : {
          proxyCredentials: {
            username: proxyAuth.slice(0, colon),
            password: proxyAuth.slice(colon + 1),
          },
        }),
  };
}

function readyLine(sandbox: Sandbox): Record<string, unknown> & { fields: number } {
  const {
    port,
    caFile,
    myDomain,
    hosts,
    apiVersion,
    organizationId,
    credentials,
    adminUrl,
    adminToken,
    proxyUrl,
    org,
  } = sandbox;
  return {
    ready: true,
    port,
    caFile,
    myDomain,
    hosts,
    apiVersion,
    organizationId,
    credentials,
    adminUrl,
    adminToken,
    proxyUrl,
    objects: org.list().length,
    fields: org.countFields(),
  };
}

function summary(sandbox: Sandbox, fields: number): string {
  const objects = sandbox.org.list().length;
  const size = `${objects} ${objects === 1 ? 'object' : 'objects'}, ${fields} ${fields === 1 ? 'field' : 'fields'}`;
  const place = `https://${sandbox.hosts[0]} (127.0.0.1:${sandbox.port})`;
  return `${size} at ${place}; authority in ${sandbox.caFile}\n`;
}

try {
  await main();
} catch (error) {
  process.stderr.write(`sandbox-org: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof SandboxError ? 2 : 1;
}

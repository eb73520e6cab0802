import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { DemoOptions } from './options.ts';
import { Processes } from './processes.ts';

const root = join(import.meta.dirname, '..');
export const runnerProgram = join(root, 'bin/hybrid-runner.js');

const sandboxReady = z.object({
  port: z.number(),
  caFile: z.string(),
  myDomain: z.string(),
  hosts: z.array(z.string()),
  credentials: z.object({ username: z.string(), password: z.string(), securityToken: z.string() }),
  adminUrl: z.string(),
  adminToken: z.string(),
});
export type Sandbox = z.infer<typeof sandboxReady>;

const controlPlaneReady = z.object({
  url: z.string(),
  console: z.string(),
  caFile: z.string(),
  adminTokenFile: z.string(),
});
export type ControlPlane = z.infer<typeof controlPlaneReady>;

/** Where everything of one demo lies; emptied at each start. */
export interface Place {
  readonly directory: string;
  readonly configFile: string;
  readonly resultFile: string;
  readonly log: (name: string) => string;
}

/**
 * Throws when what an earlier demo left running there still does: its files must not be deleted
 * under it.
 */
export function preparePlace(name = 'demo'): Place {
  const directory = join(root, `.${name}`);
  const running = runningIn(directory);
  if (running.length > 0)
    throw new Error(
      `an earlier demo was kept and still runs; stop it first: kill ${running.join(' ')}`,
    );
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { mode: 0o700 });
  return {
    directory,
    configFile: join(directory, 'runner.yaml'),
    resultFile: join(directory, 'result.jsonl'),
    log: (name) => join(directory, `${name}.log`),
  };
}

const keptFile = (directory: string): string => join(directory, 'kept.json');

/** Records the processes that keep running in the directory. */
export function keep(directory: string, pids: readonly number[]): void {
  writeFileSync(keptFile(directory), JSON.stringify(pids));
}

/** What was kept there and still runs; nothing where the system does not show command lines. */
export function runningIn(directory: string): readonly number[] {
  const pids = z
    .array(z.int().positive())
    .catch([])
    .parse(jsonOf(keptFile(directory)));
  return pids.filter((pid) => textOf(`/proc/${pid}/cmdline`).includes(directory));
}

function jsonOf(path: string): unknown {
  try {
    return JSON.parse(textOf(path)) as unknown;
  } catch {
    return undefined;
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

export async function startSandbox(
  processes: Processes,
  place: Place,
  options: DemoOptions,
): Promise<Sandbox> {
  const args = [
    join(root, 'sandbox-org/src/main.ts'),
    '--objects',
    `${options.objects}`,
    '--latency',
    `${options.latencyMs}`,
    '--state',
    join(place.directory, 'sandbox-org'),
    '--json',
  ];
  return sandboxReady.parse(
    await processes.startAndRead('sandbox org', args, place.log('sandbox-org')),
  );
}

export async function startControlPlane(processes: Processes, place: Place): Promise<ControlPlane> {
  const args = [
    join(root, 'control-plane/src/main.ts'),
    '--data',
    join(place.directory, 'control-plane'),
  ];
  return controlPlaneReady.parse(
    await processes.startAndRead('control plane', args, place.log('control-plane')),
  );
}

const SECRETS = '/salesforce/sandbox';
export const passwordReference = `secret:${SECRETS}/password`;
export const tokenReference = `secret:${SECRETS}/security-token`;

/**
 * The two files an admin writes: the runner's configuration and the local policy. JSON is YAML too.
 */
export function writeRunnerFiles(
  place: Place,
  sandbox: Sandbox,
  controlPlane: ControlPlane,
  options: DemoOptions,
): void {
  const policyFile = join(place.directory, 'policy.yaml');
  const config = {
    name: 'demo-runner',
    stateDir: join(place.directory, 'runner'),
    policyFile,
    controlPlane: { url: controlPlane.url, caFile: controlPlane.caFile, channel: options.channel },
    network: {
      connectTo: sandbox.hosts.map((host) => `${host}:443=127.0.0.1:${sandbox.port}`),
      caFile: sandbox.caFile,
    },
    secrets: { vault: { keyFile: join(place.directory, 'vault.key') } },
  };
  const policy = {
    version: 1,
    secrets: [
      {
        ref: `${SECRETS}/*`,
        connector: 'salesforce',
        fields: ['password', 'securityToken'],
        hosts: [`${sandbox.myDomain}.salesforce.com`],
      },
    ],
    salesforce: { codeText: 'allow', profile: 'allow', owners: 'allow' },
  };
  writeFileSync(place.configFile, JSON.stringify(config, undefined, 2), { mode: 0o600 });
  writeFileSync(policyFile, JSON.stringify(policy, undefined, 2), { mode: 0o600 });
}

export async function storeSecrets(place: Place, sandbox: Sandbox): Promise<void> {
  const set = (reference: string, value: string): Promise<string> =>
    Processes.run(
      [runnerProgram, 'secrets', 'set', reference, '--config', place.configFile],
      value,
    );
  await set(passwordReference, sandbox.credentials.password);
  await set(tokenReference, sandbox.credentials.securityToken);
}

export async function enroll(
  place: Place,
  controlPlane: ControlPlane,
  token: string,
): Promise<void> {
  const tokenFile = join(place.directory, 'enrollment-token');
  writeFileSync(tokenFile, token, { mode: 0o600 });
  await Processes.run([
    runnerProgram,
    'enroll',
    '--url',
    controlPlane.url,
    '--token-file',
    tokenFile,
    '--config',
    place.configFile,
  ]);
  rmSync(tokenFile);
}

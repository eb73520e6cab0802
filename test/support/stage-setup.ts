import { execFileSync } from 'node:child_process';
import { cpSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ControlPlaneClient } from '../../demo/control-plane-client.ts';
import { Processes } from '../../demo/processes.ts';
import {
  passwordReference,
  tokenReference,
  type ControlPlane,
  type Place,
  type Sandbox,
} from '../../demo/setup.ts';
import { Program } from './program.ts';
import type { StageOptions } from './stage.ts';

export const root = resolve(import.meta.dirname, '../..');
export const runnerProgram = join(root, 'bin/hybrid-runner.js');

/** Names of all tables in the catalog. */
export async function tableNames(client: ControlPlaneClient): Promise<string[]> {
  const names: string[] = [];
  for (let after = ''; ;) {
    const page = await client.call<{ tables: { name: string }[]; next: string | null }>(
      'GET',
      `/api/v1/tables?service=sandbox&limit=500${after === '' ? '' : `&after=${encodeURIComponent(after)}`}`,
    );
    names.push(...page.tables.map(({ name }) => name));
    if (page.next === null || page.next === undefined) return names.sort();
    after = page.next;
  }
}

/** Calls the admin endpoint of the sandbox org. */
export async function callSandbox<T>(
  sandbox: Sandbox,
  method: string,
  path: string,
  body?: unknown,
): Promise<T> {
  const response = await fetch(new URL(path, sandbox.adminUrl), {
    method,
    headers: {
      authorization: `Bearer ${sandbox.adminToken}`,
      'content-type': 'application/json',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok)
    throw new Error(`${method} ${path} responded with status ${response.status}: ${text}`);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

/** Gives the state directory a file system of its own. Needs root. */
export function mountState(directory: string, bytes: number): void {
  mkdirSync(directory, { mode: 0o700 });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes},mode=700`, 'tmpfs', directory]);
}

export async function startSandboxProgram(
  place: Place,
  { objects, latencyMs, sandboxArgs = [] }: StageOptions,
): Promise<{ readonly program: Program; readonly ready: Sandbox }> {
  const { program, ready } = await Program.startReady([
    join(root, 'sandbox-org/src/main.ts'),
    '--objects',
    `${objects}`,
    '--latency',
    `${latencyMs}`,
    '--state',
    join(place.directory, 'sandbox-org'),
    '--json',
    ...sandboxArgs,
  ]);
  return { program, ready: ready as unknown as Sandbox };
}

/** Starts the control plane; again on the port of the one before, if there was one. */
export async function startControlPlaneProgram(
  place: Place,
  { controlPlaneArgs = [] }: StageOptions,
  before: ControlPlane | undefined,
): Promise<{ readonly program: Program; readonly ready: ControlPlane }> {
  const { program, ready } = await Program.startReady([
    join(root, 'control-plane/src/main.ts'),
    '--data',
    join(place.directory, 'control-plane'),
    '--port',
    before === undefined ? '0' : new URL(before.url).port,
    ...controlPlaneArgs,
  ]);
  return { program, ready: ready as unknown as ControlPlane };
}

/** The sandbox org as a service of the control plane, with a pipeline of its metadata. */
export async function createSandboxService(
  client: ControlPlaneClient,
  { credentials, myDomain }: Sandbox,
  connection: Readonly<Record<string, unknown>>,
): Promise<void> {
  await client.call('PUT', '/api/v1/services/sandbox', {
    type: 'Salesforce',
    connection: {
      type: 'Salesforce',
      username: credentials.username,
      password: passwordReference,
      securityToken: tokenReference,
      salesforceDomain: myDomain,
      ...connection,
    },
  });
  await client.call('PUT', '/api/v1/pipelines/metadata', {
    service: 'sandbox',
    sourceConfig: { type: 'DatabaseMetadata' },
  });
}

/** The secrets of the sandbox org by the references that the demo gives them. */
export function secretsOf({ credentials }: Sandbox): Readonly<Record<string, string>> {
  return {
    [passwordReference]: credentials.password,
    [tokenReference]: credentials.securityToken,
  };
}

/** Copies a state directory without what names processes of this machine. */
export function copyState(from: string, to: string): void {
  cpSync(from, to, {
    recursive: true,
    filter: (path) => !lstatSync(path).isSocket() && !/\/(?:lock\.\d+|spool)$/.test(path),
  });
}

interface RunnerConfig {
  readonly network: { readonly connectTo: readonly string[] };
}

/** Writes the first runner's configuration, with changes, to a file. */
export function writeConfig(
  { configFile }: Place,
  file: string,
  changes: (config: RunnerConfig) => object,
): void {
  const config = JSON.parse(readFileSync(configFile, 'utf8')) as RunnerConfig;
  writeFileSync(file, JSON.stringify({ ...config, ...changes(config) }), { mode: 0o600 });
}

/** Creates an enrollment token and enrolls the runner with this configuration. */
export async function enrollRunner(
  client: ControlPlaneClient,
  { directory }: Place,
  url: string,
  configFile: string,
): Promise<void> {
  const { token } = await client.call<{ token: string }>('POST', '/api/v1/enrollment-tokens', {});
  const file = join(directory, 'token');
  writeFileSync(file, token, { mode: 0o600 });
  await Processes.run([
    runnerProgram,
    'enroll',
    '--url',
    url,
    '--token-file',
    file,
    '--config',
    configFile,
  ]);
}

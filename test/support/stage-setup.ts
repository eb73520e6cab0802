import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ControlPlaneClient } from '../../demo/control-plane-client.ts';
import { Processes } from '../../demo/processes.ts';
import type { Place, Sandbox } from '../../demo/setup.ts';
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
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
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

/** The control plane as a separate process. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Target } from './fake-runner.ts';
import { client, type Api } from './stage.ts';

const LAUNCHER = fileURLToPath(new URL('../bin/control-plane.js', import.meta.url));

export interface Program extends Target {
  readonly api: Api;
  readonly ready: Readonly<Record<string, unknown>>;
  readonly process: ChildProcess;
  /** Sends the signal and resolves with the exit of the process. */
  end(
    signal: NodeJS.Signals,
  ): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
}

export async function startProgram(
  data: string,
  options: readonly string[] = [],
): Promise<Program> {
  const child = spawn(process.execPath, [LAUNCHER, '--data', data, ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  const line = await Promise.race([
    new Promise<string>((resolve) => createInterface(child.stdout).once('line', resolve)),
    ended.then(({ code }) => {
      throw new Error(`the control plane ended with ${code}: ${log}`);
    }),
  ]);
  const ready = JSON.parse(line) as Record<string, string>;
  const target = {
    port: Number(new URL(ready['url']!).port),
    ca: readFileSync(ready['caFile']!, 'utf8'),
  };
  return {
    ...target,
    ready,
    process: child,
    api: client(target, readFileSync(ready['adminTokenFile']!, 'utf8').trim()),
    end: (signal) => {
      child.kill(signal);
      return ended;
    },
  };
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { providerDeps } from '../../../../test/support/provider-deps.ts';
import type { SecretPath } from '../../reference.ts';
import { MANAGERS } from '../registry.ts';

const signal = new AbortController().signal;
let directory: string;
beforeEach(() => void (directory = mkdtempSync(join(tmpdir(), 'program-'))));
afterEach(() => rmSync(directory, { recursive: true }));

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function script(text: string, mode = 0o700): string {
  const path = join(directory, 'program');
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, mode);
  return path;
}

async function read(
  program: string,
  path: SecretPath,
  more: object = {},
  env: NodeJS.ProcessEnv = {},
): Promise<string | undefined> {
  const mount = MANAGERS.command.mount({ command: [program, '--fixed', '{name}'], ...more });
  return (await (await mount.open(providerDeps({ env }))).read(path, signal))?.reveal();
}

describe('a program that prints secrets', () => {
  it('gets the name as one argument, without a shell', async () => {
    const program = script(`printf '%s|' "$#" "$@"`);
    expect(await read(program, ['a', 'b.c', '-d'])).toBe('2|--fixed|a/b.c/-d|');
  });

  it('is not started for a name that it could take for an option', async () => {
    const started = join(directory, 'started');
    await expect(read(script(`touch ${started}`), ['--output', 'b'])).rejects.toMatchObject({
      code: 'SECRET_UNAVAILABLE',
    });
    expect(existsSync(started)).toBe(false);
  });

  it('inherits only the variables that its mount names', async () => {
    const program = script('env | grep -v "^\\(PWD\\|SHLVL\\|_\\)="');
    const env = { VAULT_TOKEN: 'of another', WANTED: 'yes', PATH: '/nowhere' };
    expect(await read(program, ['a'], { environment: ['WANTED'] }, env)).toBe('WANTED=yes');
  });

  it('is killed at its time limit, with its child processes', async () => {
    const file = join(directory, 'pid');
    const program = script(`sleep 1000 & echo $! > ${file}; wait`);
    await expect(read(program, ['a'], { timeout: '1s' })).rejects.toMatchObject({
      code: 'SECRET_PROVIDER_FAILED',
    });
    const pid = Number(readFileSync(file, 'utf8'));
    while (isRunning(pid)) await pause(10);
  });

  it('is not started again by a look-up that took too long', async () => {
    const started = join(directory, 'started');
    const program = script(`echo x >> ${started}; exec sleep 1000`);
    await expect(read(program, ['a'], { timeout: '1s' })).rejects.toMatchObject({
      code: 'SECRET_PROVIDER_FAILED',
      retryable: false,
    });
    expect(readFileSync(started, 'utf8')).toBe('x\n');
  });

  it('does not outlive a process that exits meanwhile', async () => {
    const file = join(directory, 'pid');
    const program = script(`echo $$ > ${file}.new; mv ${file}.new ${file}; sleep 1000`);
    const reader = `
      import { existsSync } from 'node:fs';
      import { openCommand } from ${JSON.stringify(join(import.meta.dirname, 'open.ts'))};
      import { systemClock } from ${JSON.stringify(join(import.meta.dirname, '../../../../foundation/src/runtime/clock.ts'))};
      const options = { command: [${JSON.stringify(program)}, '{name}'], timeout: 1_000_000 };
      const manager = await openCommand(options, { env: {}, clock: systemClock });
      void manager.fetch(['a'], new AbortController().signal);
      setInterval(() => existsSync(${JSON.stringify(file)}) && process.exit(0), 5);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', reader], {
      stdio: 'inherit',
    });
    expect((await once(child, 'exit'))[0]).toBe(0);
    const pid = Number(readFileSync(file, 'utf8'));
    while (isRunning(pid)) await pause(10);
  });

  it('is not started by a look-up that was aborted', async () => {
    const started = join(directory, 'started');
    const mount = MANAGERS.command.mount({ command: [script(`touch ${started}`), '{name}'] });
    const provider = await mount.open(providerDeps({ env: {} }));
    await expect(provider.read(['a'], AbortSignal.abort())).rejects.toThrow();
    expect(existsSync(started)).toBe(false);
  });

  it('is killed if it prints without end', async () => {
    await expect(read(script('cat /dev/zero'), ['a'])).rejects.toMatchObject({
      code: 'SECRET_VALUE_UNUSABLE',
    });
  });

  it('has an error that contains nothing of its output', async () => {
    const error: unknown = await read(script('echo hidden; echo hidden >&2; exit 3'), ['a']).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({
      code: 'SECRET_UNAVAILABLE',
      message: expect.stringContaining('ended with 3') as string,
    });
    expect(JSON.stringify(error) + String(error)).not.toContain('hidden');
  });

  it('is not started if others can change it', async () => {
    await expect(read(script('echo x', 0o722), ['a'])).rejects.toMatchObject({
      code: 'FILE_UNSAFE',
    });
  });

  it('is not started if its directory can be changed by others', async () => {
    const program = script('echo x');
    chmodSync(directory, 0o777);
    await expect(read(program, ['a'])).rejects.toMatchObject({ code: 'FILE_UNSAFE' });
  });
});

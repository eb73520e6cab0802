import {
  type ChildProcess,
  type ChildProcessWithoutNullStreams,
  spawn,
  spawnSync,
} from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Place, program } from './command-line.ts';

/** A Node between 18 and 23: named by OLD_NODE, or found on the path. */
function findOlderNode(): string | undefined {
  const candidates = [
    process.env['OLD_NODE'],
    ...(process.env['PATH'] ?? '').split(delimiter).map((directory) => join(directory, 'node')),
  ];
  return candidates.find((path): path is string => {
    if (path === undefined || !existsSync(path)) return false;
    const major = Number(
      spawnSync(path, ['-p', 'process.versions.node.split(".")[0]'], { encoding: 'utf8' }).stdout,
    );
    return major >= 18 && major < 24;
  });
}

const node = findOlderNode();

/** Resolves when the second process reads standard input; by then both handle signals. */
async function listening(child: ChildProcess): Promise<void> {
  await vi.waitFor(
    () => {
      const [other] = childrenOf(child.pid!);
      expect(other !== undefined && waitsForInput(other)).toBe(true);
    },
    { timeout: 240_000, interval: 50 },
  );
}

/**
 * Whether standard input is among the files that the process has asked epoll about (proc(5),
 * fdinfo).
 */
function waitsForInput(pid: number): boolean {
  return readdirSync(`/proc/${pid}/fdinfo`).some((fd) =>
    /^tfd:\s+0 /m.test(contentOf(`/proc/${pid}/fdinfo/${fd}`)),
  );
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter((text) => text !== '')
    .map(Number);
}

/** TCP ports on which a process listens. */
function listeningPorts(pid: number): number[] {
  const sockets = new Set(
    readdirSync(`/proc/${pid}/fd`).map(
      (fd) => /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`))?.[1],
    ),
  );
  const lines = ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/${pid}/net/${table}`, 'utf8').trim().split('\n').slice(1),
  );
  const LISTEN = '0A';
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter((row) => row[3] === LISTEN && sockets.has(row[9]))
    .map((row) => Number.parseInt(row[1]!.split(':')[1]!, 16));
}

function isAlive(pid: number): boolean {
  return /^State:\s+[^ZX]/m.test(contentOf(`/proc/${pid}/status`));
}

/** Files of a running process come and go. */
function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

describe.runIf(node !== undefined)('started by an older Node', () => {
  let place: Place;
  let bare: string;
  beforeAll(() => {
    place = new Place();
    // The program alone, as an install without optional dependencies leaves it.
    bare = mkdtempSync(join(tmpdir(), 'bare-'));
    mkdirSync(join(bare, 'bin'));
    cpSync(program, join(bare, 'bin', 'hybrid-runner.js'));
    writeFileSync(join(bare, 'package.json'), '{"type":"module","version":"9.9.9"}');
  });
  afterAll(() => {
    place.close();
    rmSync(bare, { recursive: true, force: true });
  });

  /** A command that waits for standard input, which never ends. */
  function waitForInput(): ChildProcessWithoutNullStreams {
    return spawn(node!, [program, 'secrets', 'set', 'secret:/a/c', '--config', place.config], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  }

  it('restarts on the Node of the installation', async () => {
    const { stdout, code } = await place.callBare(['version', '--json'], { node: node! });
    expect(code).toBe(0);
    expect(
      Number((JSON.parse(stdout) as { node: string }).node.split('.')[0]),
    ).toBeGreaterThanOrEqual(24);
  });

  it('forwards standard input, output and exit code', async () => {
    expect(
      await place.call(['secrets', 'set', 'secret:/a/b'], { node: node!, input: 'hunter2222' }),
    ).toMatchObject({ code: 0, stdout: 'Stored secret:/a/b, version 1.\n' });
    expect(await place.call(['run'], { node: node! })).toMatchObject({ code: 4 });
  });

  it('forwards signals, and exits as the other process did', async () => {
    const child = waitForInput();
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    await listening(child);
    child.kill('SIGTERM');
    const [code] = (await once(child, 'exit')) as [number | null];
    expect(code).toBe(130);
    expect(stderr).toContain('error ABORTED: stopped by SIGTERM');
  });

  it('opens no inspector on SIGUSR1, in neither process', async () => {
    const child = waitForInput();
    await listening(child);
    const processes = [child.pid!, ...childrenOf(child.pid!)];
    expect(processes.length).toBe(2);
    for (const pid of processes) process.kill(pid, 'SIGUSR1');
    // An inspector says so on standard error; one question of the command line passes both
    // processes meanwhile.
    expect(await place.callBare(['version'], { node: node! })).toMatchObject({ code: 0 });
    expect(processes.flatMap(listeningPorts)).toEqual([]);
    expect(readFileSync(`/proc/${processes[1]!}/coredump_filter`, 'utf8')).toBe('00000000\n');
    expect(child.exitCode).toBeNull();
    child.kill('SIGTERM');
    await once(child, 'exit');
  });

  it.each([
    ['on the command line', ['--inspect=127.0.0.1:0'], {}],
    ['in NODE_OPTIONS', [], { NODE_OPTIONS: '--inspect=127.0.0.1:0' }],
  ])('rejects to start with an inspector that was asked for %s', (_, options, env) => {
    const result = spawnSync(node!, [...options, program, 'version'], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], ...env },
    });
    expect(result.status).toBe(3);
    expect(result.stdout).toBe('');
    expect(result.stderr).toContain('error PROCESS_UNSAFE');
  });

  it('ends the other process when it is killed', async () => {
    // An input that stays open when the launcher is gone.
    const silent = spawn('sleep', ['300'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const child = spawn(
      node!,
      [program, 'secrets', 'set', 'secret:/a/d', '--config', place.config],
      { stdio: [silent.stdout, 'ignore', 'ignore'] },
    );
    await listening(child);
    const [other] = childrenOf(child.pid!);
    expect(other).toBeDefined();
    child.kill('SIGKILL');
    await once(child, 'exit');
    await vi.waitFor(() => expect(isAlive(other!)).toBe(false), { timeout: 240_000, interval: 50 });
    silent.kill();
  });

  it('prints a remedy in one line if the installation has no Node', () => {
    const result = spawnSync(node!, [join(bare, 'bin', 'hybrid-runner.js'), 'run'], {
      encoding: 'utf8',
    });
    expect(result.status).toBe(3);
    expect(result.stderr).toMatch(/^error NODE_TOO_OLD: [^\n]*install[^\n]*\n$/);
  });

  it.each(['control-plane', 'sandbox-org'])('%s says in one line what to do', (workspace) => {
    const result = spawnSync(
      node!,
      [join(import.meta.dirname, '../..', workspace, 'bin', `${workspace}.js`)],
      { encoding: 'utf8' },
    );
    expect(result.status).toBe(2);
    expect(result.stderr).toMatch(/^[^\n]*Node\.js 24 or newer[^\n]*npm run[^\n]*\n$/);
  });

  it('prints its version itself', () => {
    expect(spawnSync(node!, [program, '--version'], { encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    });
  });

  it('prints its version itself, and that it cannot run, if the installation has no Node', () => {
    const { stdout, stderr } = spawnSync(
      node!,
      [join(bare, 'bin', 'hybrid-runner.js'), '--version'],
      { encoding: 'utf8' },
    );
    expect(stdout).toBe('9.9.9\n');
    expect(stderr).toMatch(/^error NODE_TOO_OLD: .*node-\S+ .*was not installed.*release file/);
  });
});

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../../.venv');

export interface VenvOptions {
  /** Names the folder below `.venv/`. */
  readonly name: string;
  /** What pip is told to install, options included. */
  readonly install: readonly string[];
  /** Python programs to make it with; the first that is there. */
  readonly pythons?: readonly string[];
  readonly timeoutMs?: number;
}

/** A Python program with the packages asked for, or why there is none here. */
export type Venv = { readonly python: string } | { readonly obstacle: string };

/**
 * Makes a virtual environment, or takes the one that an earlier run has made with the same
 * packages. In CI, where it must be possible, an obstacle is thrown.
 */
export async function openVenv(options: VenvOptions): Promise<Venv> {
  const venv = await find(options);
  if ('python' in venv) return venv;
  if (process.env['CI'] !== undefined) throw new Error(`${options.name}: ${venv.obstacle}`);
  process.stderr.write(`${options.name} is skipped: ${venv.obstacle}\n`);
  return venv;
}

async function find({
  name,
  install,
  pythons = ['python3'],
  timeoutMs = 120_000,
}: VenvOptions): Promise<Venv> {
  const folder = join(root, name);
  const python = join(folder, 'bin', 'python');
  const receipt = join(folder, 'installed.json');
  const wanted = JSON.stringify(install);
  if (
    existsSync(receipt) &&
    readFileSync(receipt, 'utf8') === wanted &&
    (await succeeds(python, ['--version'], 10_000))
  )
    return { python };
  const maker = await firstThatRuns(pythons);
  if (maker === undefined) return { obstacle: `none of ${pythons.join(', ')} is installed` };
  mkdirSync(root, { recursive: true });
  if (!(await succeeds(maker, ['-m', 'venv', '--clear', folder], 60_000)))
    return { obstacle: `${maker} has no venv module` };
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...install];
  if (!(await succeeds(python, pip, timeoutMs)))
    return { obstacle: `pip could not install ${install.at(-1)}` };
  writeFileSync(receipt, wanted);
  return { python };
}

async function firstThatRuns(programs: readonly string[]): Promise<string | undefined> {
  for (const program of programs)
    if (await succeeds(program, ['--version'], 10_000)) return program;
  return undefined;
}

/** Waits without blocking: the test runner wants to hear from its worker meanwhile. */
function succeeds(program: string, args: readonly string[], timeoutMs: number): Promise<boolean> {
  return new Promise((done) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'ignore', 'inherit'],
      timeout: timeoutMs,
    });
    child.on('error', () => done(false));
    child.on('close', (code) => done(code === 0));
  });
}

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

export const root: string = resolve(import.meta.dirname, '../..');

/** Standard output of a program that must succeed. */
export function run(
  program: string,
  args: readonly string[],
  { cwd = root, env }: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): string {
  return execFileSync(program, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
    stdio: ['ignore', 'pipe', 'inherit'],
    ...(env === undefined ? {} : { env }),
  });
}

export function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}

const FALLBACK_EPOCH = 946_684_800;

/**
 * The time that all files of a release carry, in seconds: `SOURCE_DATE_EPOCH`, else the time of the
 * commit.
 */
export function sourceDateEpoch(): number {
  const given = process.env['SOURCE_DATE_EPOCH'];
  if (given !== undefined && /^\d+$/.test(given)) return Number(given);
  try {
    return Number(run('git', ['log', '-1', '--format=%ct']).trim());
  } catch {
    return FALLBACK_EPOCH;
  }
}

import type { BigIntStats } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

/**
 * Whether a directory is another one or lies in it, with links and bind mounts followed. A
 * directory that does not exist counts as the place where it would be created.
 */
export async function liesIn(inner: string, outer: string): Promise<boolean> {
  const [ancestors, [target]] = await Promise.all([ancestry(inner), ancestry(outer)]);
  return ancestors.some(
    ({ path, identity }) =>
      path === target.path || (identity !== undefined && identity === target.identity),
  );
}

/** Whether either of two directories lies in the other. */
export async function overlap(one: string, other: string): Promise<boolean> {
  return (await liesIn(one, other)) || liesIn(other, one);
}

interface Place {
  readonly path: string;
  /** Device and inode. */
  readonly identity: string | undefined;
}

/** A directory and its ancestors, innermost first. */
async function ancestry(directory: string): Promise<readonly [Place, ...Place[]]> {
  const path = await realPathOf(resolve(directory));
  const stats: BigIntStats | undefined = await stat(path, { bigint: true }).catch(() => undefined);
  const place: Place = {
    path,
    identity: stats === undefined ? undefined : `${stats.dev}:${stats.ino}`,
  };
  return dirname(path) === path ? [place] : [place, ...(await ancestry(dirname(path)))];
}

async function realPathOf(path: string): Promise<string> {
  if (dirname(path) === path) return path;
  return realpath(path).catch(async () => join(await realPathOf(dirname(path)), basename(path)));
}

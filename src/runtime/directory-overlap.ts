import type { BigIntStats } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

/**
 * Whether a directory is another or lies in it, where links really lead and whatever name a bind mount gives it. One that
 * does not exist counts as lying where it would be made.
 */
export async function liesIn(inner: string, outer: string): Promise<boolean> {
  const [within, [whole]] = await Promise.all([ancestry(inner), ancestry(outer)]);
  return within.some(
    ({ path, identity }) =>
      path === whole.path || (identity !== undefined && identity === whole.identity),
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

/** A directory and all above it, from the inside out. */
async function ancestry(directory: string): Promise<readonly [Place, ...Place[]]> {
  const path = await realPathOf(resolve(directory));
  const found: BigIntStats | undefined = await stat(path, { bigint: true }).catch(() => undefined);
  const place: Place = {
    path,
    identity: found === undefined ? undefined : `${found.dev}:${found.ino}`,
  };
  return dirname(path) === path ? [place] : [place, ...(await ancestry(dirname(path)))];
}

async function realPathOf(path: string): Promise<string> {
  if (dirname(path) === path) return path;
  return realpath(path).catch(async () => join(await realPathOf(dirname(path)), basename(path)));
}

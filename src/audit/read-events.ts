import type { Disk } from '../../foundation/src/runtime/disk.ts';
import { trailFiles, type TrailFile } from './files.ts';
import { type Line, parseLine } from './line.ts';
import { linesOf } from './read-lines.ts';

/** Which lines of a trail to keep. */
export interface Wanted {
  /** In milliseconds of Unix time. */
  readonly since: number;
  readonly event: string;
  readonly decision: 'allow' | 'deny' | 'reject';
}

/**
 * The wanted lines of a trail, oldest first; lines that are incomplete or not intact are left out.
 * Memory holds these and a chunk of one file, whatever the size of the trail.
 */
export async function readEvents(
  disk: Disk,
  directory: string,
  { since, event, decision }: Wanted,
): Promise<readonly Line[]> {
  const found: Line[] = [];
  for (const file of await filesSince(disk, directory, since))
    for await (const { text } of linesOf(disk, file)) {
      const line = parseLine(text);
      if (line === undefined || Date.parse(line.time) < since) continue;
      if (line.event === event && line['decision'] === decision) found.push(line);
    }
  return found;
}

/** The files that may have a line since then: the newest ones, up to one that begins earlier. */
async function filesSince(disk: Disk, directory: string, since: number): Promise<TrailFile[]> {
  const files = await trailFiles(disk, directory);
  for (const [index, file] of [...files.entries()].toReversed())
    if ((await startOf(disk, file)) < since) return files.slice(index);
  return files;
}

/** The time of the first intact line; Infinity if there is none. */
async function startOf(disk: Disk, file: TrailFile): Promise<number> {
  for await (const { text } of linesOf(disk, file)) {
    const line = parseLine(text);
    if (line !== undefined) return Date.parse(line.time);
  }
  return Infinity;
}

import { type Disk, readAll } from '../../foundation/src/runtime/disk.ts';
import { trailFiles } from './files.ts';
import { type Line, parseLine } from './line.ts';

/**
 * Lines of a trail since a time, in milliseconds of Unix time, oldest first; lines that are not
 * intact are left out.
 */
export async function readEvents(
  disk: Disk,
  directory: string,
  since: number,
): Promise<readonly Line[]> {
  const found: Line[][] = [];
  for (const { path } of (await trailFiles(disk, directory)).toReversed()) {
    const text = (await readAll(disk, path)).toString();
    const lines = text.split('\n').flatMap((line) => parseLine(line) ?? []);
    const recent = lines.filter(({ time }) => Date.parse(time) >= since);
    found.push(recent);
    if (recent.length < lines.length) break;
  }
  return found.toReversed().flat();
}

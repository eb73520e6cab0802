import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../foundation/src/runtime/clock.ts';
import type { Disk } from '../../foundation/src/runtime/disk.ts';
import { nodeDisk } from '../../foundation/src/runtime/node-disk.ts';
import { encodeAll, START } from './line.ts';
import { readEvents } from './read-events.ts';
import { createAuditTrail } from './trail.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'events-'));
});
afterEach(() => rm(directory, { recursive: true }));

async function files(): Promise<string[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.jsonl'));
  return names.toSorted().map((name) => join(directory, name));
}

/** One denial and one permitted read at each of these times, in files of two to three lines. */
async function recordAt(times: readonly number[]): Promise<void> {
  for (const at of times) {
    const clock = { ...systemClock, now: () => at };
    const trail = createAuditTrail({ directory, disk: nodeDisk, clock, maxFileBytes: 700 });
    await trail.record({ event: 'secret', decision: 'allow', at });
    await trail.record({ event: 'secret', decision: 'deny', at });
  }
}

async function denialsSince(since: number, disk: Disk = nodeDisk): Promise<unknown[]> {
  const wanted = { since, event: 'secret', decision: 'deny' } as const;
  return (await readEvents(disk, directory, wanted)).map((line) => line['at']);
}

/** Notes the size of the largest read, and which files are opened. */
function countingDisk(): { disk: Disk; largest: () => number; opened: Set<string> } {
  let largest = 0;
  const opened = new Set<string>();
  const disk: Disk = {
    ...nodeDisk,
    open: async (path, mode) => {
      opened.add(path);
      const file = await nodeDisk.open(path, mode);
      return {
        write: (...args) => file.write(...args),
        read: async (position, length) => {
          const bytes = await file.read(position, length);
          largest = Math.max(largest, bytes.byteLength);
          return bytes;
        },
        size: () => file.size(),
        truncate: (size) => file.truncate(size),
        sync: () => file.sync(),
        close: () => file.close(),
      };
    },
  };
  return { disk, largest: () => largest, opened };
}

describe('events of a trail', () => {
  it('are the wanted ones since a time, oldest first, across files', async () => {
    const times = [1000, 2000, 3000, 4000, 5000, 6000];
    await recordAt(times);
    expect((await files()).length).toBeGreaterThan(3);
    for (const since of [0, ...times, 6001])
      expect(await denialsSince(since)).toEqual(times.filter((at) => at >= since));
  });

  it('are read from no file older than the one that begins before that time', async () => {
    await recordAt([1000, 2000, 3000, 4000, 5000, 6000]);
    const { disk, opened } = countingDisk();
    expect(await denialsSince(6000, disk)).toEqual([6000]);
    expect(opened.has((await files())[0]!)).toBe(false);
  });

  it('leave out lines that are damaged or incomplete, also the first of a file', async () => {
    await recordAt([1000, 2000, 3000, 4000]);
    const [first, second] = await files();
    const text = await readFile(second!, 'utf8');
    const [line] = text.split('\n').filter((each) => each.includes('"deny"'));
    const { at } = JSON.parse(line!) as { at: number };
    // Still the same JSON value, but not the text that the hash covers.
    await writeFile(second!, text.replace(line!, line!.replace(',', ', ')));
    const whole = await readFile((await files()).at(-1)!, 'utf8');
    await appendFile((await files()).at(-1)!, whole.split('\n').at(-2)!);
    expect(await denialsSince(0)).toEqual([1000, 2000, 3000, 4000].filter((each) => each !== at));
    const [, ...rest] = (await readFile(first!, 'utf8')).split('\n');
    await writeFile(first!, ['damaged', ...rest].join('\n'));
    expect(await denialsSince(0)).toEqual([1000, 2000, 3000, 4000].filter((each) => each !== at));
  });

  it('of a trail of any size are read in small parts, and only the wanted ones kept', async () => {
    const events = Array.from({ length: 8000 }, (_, at) => ({
      event: 'secret',
      decision: at === 7000 ? 'deny' : 'allow',
      at,
      text: 'x'.repeat(900),
    }));
    const path = join(directory, 'audit-000000000001.jsonl');
    await writeFile(path, encodeAll(events, START, 1000));
    expect((await stat(path)).size).toBeGreaterThan(8 * 1024 * 1024);
    const { disk, largest } = countingDisk();
    expect(await denialsSince(0, disk)).toEqual([7000]);
    expect(largest()).toBeLessThanOrEqual(256 * 1024);
  });
});

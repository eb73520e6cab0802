import { constants } from 'node:fs';
import { mkdtemp, readdir, readFile, readlink, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Disk, listIfPresent, readIfPresent, removeFile } from './disk.ts';
import { nodeDisk } from './node-disk.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'disk-'));
});

afterEach(() => rm(directory, { recursive: true }));

describe('readIfPresent', () => {
  it('reads all of a file', async () => {
    const path = join(directory, 'file');
    await writeFile(path, 'content');
    expect((await readIfPresent(nodeDisk, path))?.toString()).toBe('content');
  });

  it('returns undefined for a missing file', async () => {
    expect(await readIfPresent(nodeDisk, join(directory, 'missing'))).toBeUndefined();
  });

  it('closes the file when reading fails', async () => {
    let closed = 0;
    const failing: Disk = {
      ...nodeDisk,
      open: async (path, mode) => {
        const file = await nodeDisk.open(path, mode);
        return {
          ...file,
          size: () => Promise.reject(new Error('broken')),
          close: async () => {
            closed += 1;
            await file.close();
          },
        };
      },
    };
    const path = join(directory, 'file');
    await writeFile(path, 'content');
    await expect(readIfPresent(failing, path)).rejects.toThrow('broken');
    expect(closed).toBe(1);
  });
});

describe('listIfPresent', () => {
  it('lists a directory', async () => {
    await writeFile(join(directory, 'one'), '');
    expect(await listIfPresent(nodeDisk, directory)).toEqual(['one']);
  });

  it('returns nothing for a missing directory', async () => {
    expect(await listIfPresent(nodeDisk, join(directory, 'missing'))).toEqual([]);
  });
});

describe('removeFile', () => {
  it('accepts a missing file, and nothing else that fails', async () => {
    await removeFile(nodeDisk, join(directory, 'missing'));
    await expect(removeFile(nodeDisk, directory)).rejects.toThrow();
  });
});

/** The flags of an open file as Linux keeps them, in octal. */
async function openFlags(path: string): Promise<number> {
  for (const fd of await readdir('/proc/self/fd')) {
    const target = await readlink(`/proc/self/fd/${fd}`).catch(() => undefined);
    if (target !== path) continue;
    const [, flags] = /^flags:\s*([0-7]+)$/m.exec(
      await readFile(`/proc/self/fdinfo/${fd}`, 'utf8'),
    )!;
    return Number.parseInt(flags!, 8);
  }
  throw new Error(`${path} is not open`);
}

describe('a file whose writes are synced', () => {
  it('is new, and is written like others', async () => {
    const path = join(directory, 'file');
    const file = await nodeDisk.open(path, 'createSynced');
    await file.write(Buffer.from('first '), 0);
    await file.write(Buffer.from('second'), 6);
    await file.close();
    expect((await readIfPresent(nodeDisk, path))?.toString()).toBe('first second');
    await expect(nodeDisk.open(path, 'createSynced')).rejects.toThrow('EEXIST');
  });

  it.runIf(process.platform === 'linux')('is synced by Linux with each write', async () => {
    const flags: number[] = [];
    for (const mode of ['createSynced', 'create'] as const) {
      const path = join(await realpath(directory), mode);
      const file = await nodeDisk.open(path, mode);
      flags.push((await openFlags(path)) & constants.O_DSYNC);
      await file.close();
    }
    expect(flags).toEqual([constants.O_DSYNC, 0]);
  });
});

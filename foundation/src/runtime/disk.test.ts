import { mkdtemp, rm, writeFile } from 'node:fs/promises';
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

import { link, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SimulatedDisk } from '../../../test/support/simulated-disk.ts';
import { createDurably, renameDurably, replaceFile } from './atomic-write.ts';
import { nodeDisk } from './node-disk.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'atomic-'));
});
afterEach(() => rm(directory, { recursive: true }));

describe('replaceFile', () => {
  it('writes a file that only its owner can read, and replaces it', async () => {
    const path = join(directory, 'file');
    await replaceFile(nodeDisk, path, 'old');
    await replaceFile(nodeDisk, path, Buffer.from('new'));
    expect(await readFile(path, 'utf8')).toBe('new');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(directory)).toEqual(['file']);
  });

  it('replaces a temporary file that a crash left behind', async () => {
    await writeFile(join(directory, 'file.new'), 'a longer text from before the crash');
    await replaceFile(nodeDisk, join(directory, 'file'), 'new');
    expect(await readFile(join(directory, 'file'), 'utf8')).toBe('new');
  });

  it('calls beforeRename while the old content is still in place', async () => {
    const path = join(directory, 'file');
    await replaceFile(nodeDisk, path, 'old');
    await replaceFile(nodeDisk, path, 'new', {
      beforeRename: () => link(path, `${path}.previous`),
    });
    expect(await readFile(`${path}.previous`, 'utf8')).toBe('old');
    expect(await readFile(path, 'utf8')).toBe('new');
  });

  it('keeps the old content and removes the temporary file when it fails', async () => {
    const path = join(directory, 'file');
    await replaceFile(nodeDisk, path, 'old');
    const failing = replaceFile(nodeDisk, path, 'new', {
      temporary: join(directory, 'other'),
      beforeRename: () => Promise.reject(new Error('no')),
    });
    await expect(failing).rejects.toThrow('no');
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(directory)).toEqual(['file']);
  });

  it('leaves the old content or the new after a power cut, and the new once it has resolved', async () => {
    const content = async (disk: SimulatedDisk): Promise<string> => {
      const file = await disk.open('/d/file', 'read');
      return (await file.read(0, 100)).toString();
    };
    await fc.assert(
      fc.asyncProperty(fc.double({ min: 0, max: 0.999 }), fc.boolean(), async (kept, fails) => {
        const disk = new SimulatedDisk(() => kept);
        await disk.makeDirectory('/d');
        await replaceFile(disk, '/d/file', 'old');
        if (fails) disk.failNext('sync', 'EIO');
        const replaced = await replaceFile(disk, '/d/file', 'new').then(
          () => true,
          () => false,
        );
        disk.crash();
        expect(await content(disk)).toBe(replaced ? 'new' : 'old');
      }),
      { numRuns: 50 },
    );
  });
});

describe('createDurably', () => {
  it('rejects a path that exists', async () => {
    await createDurably(nodeDisk, join(directory, 'file'), 'first');
    await expect(createDurably(nodeDisk, join(directory, 'file'), 'second')).rejects.toMatchObject({
      code: 'EEXIST',
    });
  });
});

describe('renameDurably', () => {
  it('survives a power cut once it has resolved', async () => {
    const disk = new SimulatedDisk(() => 0);
    await disk.makeDirectory('/d');
    await createDurably(disk, '/d/draft', 'text');
    await renameDurably(disk, '/d/draft', '/d/file');
    disk.crash();
    expect(await disk.list('/d')).toEqual(['file']);
  });
});

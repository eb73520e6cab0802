import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditTrail } from '../../foundation/src/logging/audit-trail.ts';
import { systemClock } from '../../foundation/src/runtime/clock.ts';
import type { Disk } from '../../foundation/src/runtime/disk.ts';
import { nodeDisk } from '../../foundation/src/runtime/node-disk.ts';
import { createAuditTrail } from './trail.ts';
import { verifyTrail } from './verify.ts';

let root: string;
let directory: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'audit-'));
  directory = join(root, 'audit');
});
afterEach(() => rm(root, { recursive: true }));

interface Options {
  readonly disk?: Disk;
  readonly maxFileBytes?: number;
  readonly keptMs?: number;
  readonly now?: () => number;
}

const open = ({ disk = nodeDisk, now = Date.now, ...limits }: Options = {}): AuditTrail =>
  createAuditTrail({ directory, disk, clock: { ...systemClock, now }, ...limits });

const problems = async (): Promise<readonly string[]> =>
  (await verifyTrail(nodeDisk, directory)).problems;

async function events(): Promise<string[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.jsonl')).toSorted();
  const texts = await Promise.all(names.map((name) => readFile(join(directory, name), 'utf8')));
  return texts
    .join('')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { event: string }).event);
}

/** A disk whose writes fail after `bytes` bytes of each. */
function fullDisk(bytes: number): Disk {
  const noSpace = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
  return {
    ...nodeDisk,
    open: async (path, mode) => {
      const file = await nodeDisk.open(path, mode);
      return {
        write: async (content, position) => {
          await file.write(content.subarray(0, bytes), position);
          throw noSpace;
        },
        read: (...range) => file.read(...range),
        size: () => file.size(),
        truncate: () => Promise.reject(noSpace),
        sync: () => file.sync(),
        close: () => file.close(),
      };
    },
  };
}

describe('the audit trail', () => {
  it('is one chain, over restarts and concurrent records', async () => {
    await open().record({ event: 'a', reference: 'secret:/a', hosts: ['x:443'] });
    const trail = open();
    await Promise.all(['b', 'c', 'd'].map((event) => trail.record({ event })));
    expect(await events()).toEqual(['a', 'b', 'c', 'd']);
    expect(await verifyTrail(nodeDisk, directory)).toMatchObject({ lines: 4, problems: [] });
  });

  it('is one chain, of several writers at a time', async () => {
    const writers = [open(), open(), open()];
    await Promise.all(
      writers.flatMap((trail) => Array.from({ length: 5 }, () => trail.record({ event: 'e' }))),
    );
    expect(await verifyTrail(nodeDisk, directory)).toMatchObject({ lines: 15, problems: [] });
  });

  it('belongs to its owner alone', async () => {
    await open().record({ event: 'a' });
    const names = (await readdir(directory)).filter((name) => name.endsWith('.jsonl'));
    const modes = await Promise.all(
      names.map(async (name) => (await stat(join(directory, name))).mode & 0o777),
    );
    expect(modes).toEqual([0o600]);
  });

  it('continues in a new file when one is full, and in the same chain', async () => {
    const trail = open({ maxFileBytes: 600 });
    for (let count = 0; count < 10; count++) await trail.record({ event: 'e', count });
    const report = await verifyTrail(nodeDisk, directory);
    expect(report).toMatchObject({ lines: 10, problems: [] });
    expect(report.files).toBeGreaterThan(2);
  });

  it('deletes old files, and says so before', async () => {
    let now = Date.parse('2026-01-01T00:00:00Z');
    const trail = open({ maxFileBytes: 600, keptMs: 1_000, now: () => now });
    for (let count = 0; count < 12; count++) {
      await trail.record({ event: 'e', count });
      now += 500;
    }
    expect(await events()).toContain('trailExpired');
    const report = await verifyTrail(nodeDisk, directory);
    expect(report.problems).toEqual([]);
    expect(report.lines).toBeLessThan(12);
  });

  it.each([0, 40, 1_000])(
    'throws AUDIT_UNWRITABLE on a disk that is full after %i bytes, and continues when there is room',
    async (bytes) => {
      await open().record({ event: 'a' });
      await expect(open({ disk: fullDisk(bytes) }).record({ event: 'b' })).rejects.toMatchObject({
        code: 'AUDIT_UNWRITABLE',
        cause: { code: 'DISK_FULL' },
      });
      await open().record({ event: 'c' });
      expect(await problems()).toEqual([]);
      const recorded = await events();
      expect([recorded[0], recorded.at(-1)]).toEqual(['a', 'c']);
      if (bytes === 40) expect(recorded).toContain('incompleteLineRemoved');
    },
  );

  it('measures events in bytes, not in characters', async () => {
    const long = '\u4e2d'.repeat(12_000);
    await expect(open().record({ event: 'a', long })).rejects.toMatchObject({
      code: 'AUDIT_UNWRITABLE',
    });
  });

  it('throws AUDIT_UNWRITABLE on a full disk when it begins', async () => {
    const trail = open({ disk: fullDisk(40) });
    await expect(trail.record({ event: 'a' })).rejects.toMatchObject({ code: 'AUDIT_UNWRITABLE' });
    await open().record({ event: 'b' });
    expect(await problems()).toEqual([]);
  });

  it('does not continue a chain whose last line is not its own', async () => {
    await open().record({ event: 'a' });
    const [file = ''] = (await readdir(directory)).filter((name) => name.endsWith('.jsonl'));
    const opened = await nodeDisk.open(join(directory, file), 'write');
    await opened.write(Buffer.from('{"event":"b"}\n'), await opened.size());
    await opened.close();
    await expect(open().record({ event: 'c' })).rejects.toMatchObject({
      code: 'AUDIT_UNWRITABLE',
      cause: { code: 'AUDIT_DAMAGED' },
    });
  });
});

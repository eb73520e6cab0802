import { appendFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditTrail } from '../../foundation/src/logging/audit-trail.ts';
import type { Logger } from '../../foundation/src/logging/logger.ts';
import { systemClock } from '../../foundation/src/runtime/clock.ts';
import type { Disk, DiskFile } from '../../foundation/src/runtime/disk.ts';
import { acquireFileLock } from '../../foundation/src/runtime/file-lock.ts';
import { nodeDisk } from '../../foundation/src/runtime/node-disk.ts';
import { systemProcesses } from '../../foundation/src/runtime/processes.ts';
import { signHead } from './head.ts';
import { createAuditTrail, type TrailOptions } from './trail.ts';
import { verifyTrail } from './verify.ts';

let root: string;
let directory: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'audit-'));
  directory = join(root, 'audit');
});
afterEach(() => rm(root, { recursive: true }));

const open = (options: Partial<TrailOptions> = {}): AuditTrail =>
  createAuditTrail({ directory, disk: nodeDisk, clock: systemClock, ...options });

const signer = { runnerId: 'r', sign: () => Buffer.alloc(64) };

async function files(): Promise<string[]> {
  const names = await readdir(directory);
  return names.filter((name) => name.endsWith('.jsonl')).toSorted();
}

async function events(): Promise<string[]> {
  const texts = await Promise.all(
    (await files()).map((name) => readFile(join(directory, name), 'utf8')),
  );
  return texts
    .join('')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { event: string }).event);
}

/** A disk whose open files have some operations replaced. */
const diskWith = (change: (file: DiskFile) => Partial<DiskFile>): Disk => ({
  ...nodeDisk,
  open: async (path, mode) => {
    const file = await nodeDisk.open(path, mode);
    return {
      write: (...args) => file.write(...args),
      read: (...args) => file.read(...args),
      size: () => file.size(),
      truncate: (size) => file.truncate(size),
      sync: () => file.sync(),
      close: () => file.close(),
      ...change(file),
    };
  },
});

const noSpace = (): Promise<never> =>
  Promise.reject(Object.assign(new Error('no space left'), { code: 'ENOSPC' }));

describe('the audit trail', () => {
  it('syncs a line before it is reported', async () => {
    await open().record({ event: 'a' });
    const order: string[] = [];
    const disk = diskWith((file) => ({
      sync: async () => {
        await file.sync();
        order.push('synced');
      },
    }));
    await open({ disk })
      .record({ event: 'b' })
      .then(() => order.push('reported'));
    expect(order).toEqual(['synced', 'reported']);
  });

  it('makes the name of a file durable that another process may have left without', async () => {
    await open().record({ event: 'a' });
    let syncs = 0;
    const disk: Disk = { ...nodeDisk, syncDirectory: async () => void syncs++ };
    const trail = open({ disk });
    await trail.record({ event: 'b' });
    await trail.record({ event: 'c' });
    expect(syncs).toBe(1);
  });

  it('reports an incomplete line after a disk that was full at the next one', async () => {
    await open().record({ event: 'a' });
    const [name = ''] = await files();
    await appendFile(join(directory, name), '{"event":"tor');
    let isFirst = true;
    const disk = diskWith((file) => ({
      write: async (bytes, position) => {
        if (!isFirst) return file.write(bytes, position);
        isFirst = false;
        await file.write(bytes.subarray(0, 5), position);
        return noSpace();
      },
    }));
    await expect(open({ disk }).record({ event: 'b' })).rejects.toMatchObject({
      code: 'AUDIT_UNWRITABLE',
    });
    await open().record({ event: 'c' });
    expect(await events()).toEqual(['a', 'incompleteLineRemoved', 'c']);
    expect(await verifyTrail(nodeDisk, directory)).toMatchObject({ problems: [], notes: [] });
  });

  it('replaces an incomplete line that is longer than the next one', async () => {
    await open().record({ event: 'a' });
    const [name = ''] = await files();
    await appendFile(join(directory, name), 'x'.repeat(5_000));
    await open().record({ event: 'b' });
    expect(await events()).toEqual(['a', 'incompleteLineRemoved', 'b']);
  });

  it('records an event although an expired file cannot be deleted, and logs that', async () => {
    let now = Date.parse('2026-01-01T00:00:00Z');
    const logged: string[] = [];
    const logger: Logger = {
      log: (_level, message) => void logged.push(message),
      child: () => logger,
    };
    const disk: Disk = {
      ...nodeDisk,
      unlink: () => Promise.reject(Object.assign(new Error('not permitted'), { code: 'EPERM' })),
    };
    const clock = { ...systemClock, now: () => now };
    const trail = open({ disk, logger, clock, maxFileBytes: 600, keptMs: 1_000 });
    for (let count = 0; count < 12; count++, now += 500) await trail.record({ event: 'e', count });
    expect(logged).toContain('failed to delete an expired file of the audit trail');
    expect(await verifyTrail(nodeDisk, directory)).toMatchObject({ problems: [] });
  });

  it('rejects an event that is too long, and none of those beside it', async () => {
    const trail = open();
    const long = 'x'.repeat(40_000);
    const results = await Promise.allSettled([
      trail.record({ event: 'a' }),
      trail.record({ event: 'b', long }),
      trail.record({ event: 'c' }),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await events()).toEqual(['a', 'c']);
  });

  it('does not keep a caller that stops, and does not write its event', async () => {
    const trail = open();
    await trail.record({ event: 'a' });
    const path = join(directory, 'lock');
    const lock = await acquireFileLock({ path, what: 'it', processes: systemProcesses });
    const stop = new AbortController();
    const stopped = trail.record({ event: 'b' }, stop.signal);
    const waiting = trail.record({ event: 'c' });
    stop.abort();
    await expect(stopped).rejects.toMatchObject({ code: 'ABORTED' });
    await lock.release();
    await waiting;
    expect(await events()).toEqual(['a', 'c']);
  });
});

describe('the head of the audit trail', () => {
  it('is not that of a removed line', async () => {
    await open().record({ event: 'a' });
    const { promise, resolve } = Promise.withResolvers<unknown>();
    let isFirst = true;
    const disk = diskWith((file) => ({
      sync: async () => {
        if (!isFirst) return file.sync();
        isFirst = false;
        const place = { directory, disk: nodeDisk, clock: systemClock };
        const head = signHead(place, signer, new AbortController().signal);
        resolve(head);
        await Promise.race([head, delay(200)]);
        throw new Error('EIO');
      },
    }));
    await expect(open({ disk }).record({ event: 'b' })).rejects.toMatchObject({
      code: 'AUDIT_UNWRITABLE',
    });
    expect(await promise).toMatchObject({ number: 1 });
  });

  it('is durable before it is signed', async () => {
    await open().record({ event: 'a' });
    let isSynced = false;
    const disk = diskWith((file) => ({
      sync: async () => {
        await file.sync();
        isSynced = true;
      },
    }));
    const careful = {
      runnerId: 'r',
      sign: () => {
        expect(isSynced).toBe(true);
        return Buffer.alloc(64);
      },
    };
    const place = { directory, disk, clock: systemClock };
    await signHead(place, careful, new AbortController().signal);
    expect(isSynced).toBe(true);
  });

  it('does not exist without a trail', async () => {
    const place = { directory, disk: nodeDisk, clock: systemClock };
    expect(await signHead(place, signer, new AbortController().signal)).toBeUndefined();
  });
});

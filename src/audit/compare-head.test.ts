import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditTrail } from '../../foundation/src/logging/audit-trail.ts';
import { NEVER } from '../../foundation/src/runtime/abort.ts';
import { systemClock } from '../../foundation/src/runtime/clock.ts';
import { nodeDisk } from '../../foundation/src/runtime/node-disk.ts';
import { compareHead } from './head.ts';
import { createAuditTrail } from './trail.ts';

const signer = { runnerId: 'r', sign: () => Buffer.alloc(64) };
let directory: string;
let trail: AuditTrail;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'compared-'));
  const place = { directory, disk: nodeDisk, clock: systemClock };
  trail = createAuditTrail({ ...place, maxFileBytes: 700 });
});
afterEach(() => rm(directory, { recursive: true }));

async function record(count: number): Promise<void> {
  for (let line = 0; line < count; line++) await trail.record({ event: 'e', line });
}

const compare = (previous: number): ReturnType<typeof compareHead> =>
  compareHead({ directory, disk: nodeDisk, clock: systemClock }, signer, previous, NEVER);

async function files(): Promise<string[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.jsonl'));
  return names.toSorted().map((name) => join(directory, name));
}

describe('a head that is compared with an earlier one', () => {
  it('has the hash of every earlier line, across files', async () => {
    expect(await compare(0)).toBeUndefined();
    const hashes: string[] = [];
    for (let line = 0; line < 12; line++) {
      await record(1);
      hashes.push((await compare(0))!.hash);
    }
    expect((await files()).length).toBeGreaterThan(2);
    for (const [index, hash] of hashes.entries())
      expect(await compare(index + 1)).toMatchObject({ number: 12, previousHash: hash });
    expect(await compare(13)).toMatchObject({ number: 12, previousHash: '' });
  });

  it('has no hash of a line that was changed, moved or cut', async () => {
    await record(12);
    const { hash } = (await compare(0))!;
    const [first, second] = await files();
    const text = await readFile(first!, 'utf8');
    await writeFile(first!, text.replace('"line":0', '"line":7'));
    expect(await compare(1)).toMatchObject({ number: 12, hash, previousHash: '' });
    await writeFile(first!, text.slice(text.indexOf('\n') + 1));
    expect((await compare(1))!.previousHash).toBe('');
    await rm(second!);
    const cut = Number(/(\d{12})/.exec(second!)![1]);
    expect((await compare(cut))!.previousHash).toBe('');
    await writeFile(first!, text);
    expect((await compare(1))!.previousHash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('has another hash of a line that was written again', async () => {
    await record(3);
    const before = (await compare(2))!.previousHash;
    for (const path of await files()) await rm(path);
    await record(3);
    expect((await compare(2))!.previousHash).toMatch(/^[0-9a-f]{64}$/);
    expect((await compare(2))!.previousHash).not.toBe(before);
  });
});

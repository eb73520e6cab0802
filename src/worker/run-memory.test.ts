import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { RunId } from '../../foundation/src/domain/ids.ts';
import { openMemoryFile, revisionAfter } from './run-memory.ts';

const place = mkdtempSync(join(tmpdir(), 'run-memory-'));
afterAll(() => rmSync(place, { recursive: true }));
let made = 0;
const directory = (): string => join(place, `${made++}`);

describe('the memory of runs', () => {
  it('is a file for each service, with the state of the catalog that it describes', async () => {
    const at = directory();
    const file = openMemoryFile(at, 'crm');
    expect(await file.load()).toBeUndefined();
    await file.save({ revision: 'r1', state: { a: 1 } });
    await file.save({ revision: 'r2', state: { a: 2 } });
    expect(await openMemoryFile(at, 'crm').load()).toEqual({ revision: 'r2', state: { a: 2 } });
    expect(await openMemoryFile(at, 'other').load()).toBeUndefined();
    await file.clear();
    await file.clear();
    expect(await file.load()).toBeUndefined();
  });

  it('is for its owner alone, counts as none when it is damaged, and may be deleted', async () => {
    const at = directory();
    const file = openMemoryFile(at, '../../crm');
    await file.save({ revision: 'r', state: {} });
    const [name = ''] = readdirSync(at);
    expect([readdirSync(at).length, statSync(join(at, name)).mode & 0o077]).toEqual([1, 0]);
    writeFileSync(join(at, name), '{"a":');
    expect(await file.load()).toBeUndefined();
    rmSync(at, { recursive: true });
    expect(await file.load()).toBeUndefined();
  });

  it.each([
    ['names no state of the catalog', { state: { a: 1 } }],
    ['names an empty one', { revision: '', state: 1 }],
    ['is of an older version', { version: 1, objects: {} }],
  ])('counts as none when it %s', async (_how, written) => {
    const file = openMemoryFile(directory(), 'crm');
    await file.save(written as never);
    expect(await file.load()).toBeUndefined();
  });
});

it('the revision that an attempt leads to follows the rule of docs/protocol.md to the byte', () => {
  const ref = { runId: 'run-1' as RunId, attempt: 3, epoch: 7 };
  expect(
    revisionAfter(ref, '{"kind":"outcome","status":"success","records":0,"digest":"e3b0"}\n'),
  ).toBe('ee95905cacc2c56ea93598db30c6e3083198b4092f56712c9c60671b5b247ad0');
});

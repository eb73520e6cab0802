import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { RunId } from '../../foundation/src/domain/ids.ts';
import { openStateFile, revisionAfter } from './state-file.ts';

const place = mkdtempSync(join(tmpdir(), 'state-file-'));
afterAll(() => rmSync(place, { recursive: true }));
let made = 0;
const directory = (): string => join(place, `${made++}`);

describe('openStateFile', () => {
  it('stores one file per service, with the revision of the catalog', async () => {
    const at = directory();
    const file = openStateFile(at, 'crm');
    expect(await file.load()).toBeUndefined();
    await file.save({ revision: 'r1', state: { a: 1 } });
    await file.save({ revision: 'r2', state: { a: 2 } });
    expect(await openStateFile(at, 'crm').load()).toEqual({ revision: 'r2', state: { a: 2 } });
    expect(await openStateFile(at, 'other').load()).toBeUndefined();
    await file.clear();
    await file.clear();
    expect(await file.load()).toBeUndefined();
  });

  it('is readable only by its owner, and treats a damaged or deleted file as missing', async () => {
    const at = directory();
    const file = openStateFile(at, '../../crm');
    await file.save({ revision: 'r', state: {} });
    const [name = ''] = readdirSync(at);
    expect([readdirSync(at).length, statSync(join(at, name)).mode & 0o077]).toEqual([1, 0]);
    writeFileSync(join(at, name), '{"a":');
    expect(await file.load()).toBeUndefined();
    rmSync(at, { recursive: true });
    expect(await file.load()).toBeUndefined();
  });

  it.each([
    ['has no revision', { state: { a: 1 } }],
    ['has an empty revision', { revision: '', state: 1 }],
    ['has an older version', { version: 1, objects: {} }],
  ])('treats a file as missing that %s', async (_how, written) => {
    const file = openStateFile(directory(), 'crm');
    await file.save(written as never);
    expect(await file.load()).toBeUndefined();
  });
});

it('derives the revision after an attempt by the rule in docs/protocol.md', () => {
  const ref = { runId: 'run-1' as RunId, attempt: 3, epoch: 7 };
  expect(
    revisionAfter(ref, '{"kind":"outcome","status":"success","records":0,"digest":"e3b0"}\n'),
  ).toBe('ee95905cacc2c56ea93598db30c6e3083198b4092f56712c9c60671b5b247ad0');
});

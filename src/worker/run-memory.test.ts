import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createRunMemory } from './run-memory.ts';

const place = mkdtempSync(join(tmpdir(), 'run-memory-'));
afterAll(() => rmSync(place, { recursive: true }));
let made = 0;
const directory = (): string => join(place, `${made++}`);

describe('the memory of runs', () => {
  it('lasts from the commit on, and not before', async () => {
    const at = directory();
    const memory = createRunMemory(at, 'crm');
    memory.keep({ a: 1 });
    expect(await createRunMemory(at, 'crm').recall()).toBeUndefined();
    await memory.commit();
    expect(await createRunMemory(at, 'crm').recall()).toEqual({ a: 1 });
    expect(await createRunMemory(at, 'other').recall()).toBeUndefined();
  });

  it('is left as it is by a run that keeps nothing, and forgotten by one that says so', async () => {
    const at = directory();
    const memory = createRunMemory(at, 'crm');
    memory.keep([1]);
    await memory.commit();
    await createRunMemory(at, 'crm').commit();
    expect(await memory.recall()).toEqual([1]);
    memory.keep(undefined);
    await memory.commit();
    expect(await memory.recall()).toBeUndefined();
  });

  it('is for its owner alone, counts as none when it is damaged, and may be deleted', async () => {
    const at = directory();
    const memory = createRunMemory(at, '../../crm');
    memory.keep({});
    await memory.commit();
    const [name = ''] = readdirSync(at);
    expect([readdirSync(at).length, statSync(join(at, name)).mode & 0o077]).toEqual([1, 0]);
    writeFileSync(join(at, name), '{"a":');
    expect(await memory.recall()).toBeUndefined();
    rmSync(at, { recursive: true });
    expect(await memory.recall()).toBeUndefined();
  });
});

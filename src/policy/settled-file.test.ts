import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { NEVER } from '../../foundation/src/runtime/abort.ts';
import { ifPresent } from '../../foundation/src/runtime/errno.ts';
import { readSettled } from './settled-file.ts';

const directory = mkdtempSync(join(tmpdir(), 'settled-'));
const file = join(directory, 'policy.yaml');
let waits: number[];

beforeEach(() => {
  waits = [];
  rmSync(file, { force: true });
});
afterAll(() => rmSync(directory, { recursive: true }));

/** Reads while `during` runs in place of each wait. */
function read(during: (wait: number) => void = () => undefined, signal = NEVER): Promise<unknown> {
  const clock = {
    now: Date.now,
    sleep: (ms: number) => {
      signal.throwIfAborted();
      during(waits.push(ms));
      return Promise.resolve();
    },
  };
  return readSettled(file, () => ifPresent(readFile(file, 'utf8')), { clock, signal });
}

function age(seconds: number): void {
  const at = new Date(Date.now() - seconds * 1000);
  utimesSync(file, at, at);
}

it('does not wait for a file that was written long ago, or is missing', async () => {
  expect(await read()).toBeUndefined();
  writeFileSync(file, 'all');
  age(3);
  expect(await read()).toBe('all');
  expect(waits).toEqual([]);
});

it.each([
  ['has just been written', 0],
  ['has a time in the future', -3600],
])('waits two seconds for a file that %s', async (_what, seconds) => {
  writeFileSync(file, 'all');
  age(seconds);
  expect(await read()).toBe('all');
  expect(waits).toEqual([2000]);
});

it('waits until a writer that makes pauses has written everything', async () => {
  writeFileSync(file, '0');
  const content = await read((wait) => {
    if (wait <= 4) appendFileSync(file, String(wait));
  });
  expect([content, waits.length]).toEqual(['01234', 5]);
});

it('reads again if the file changed while it was read', async () => {
  writeFileSync(file, 'old');
  age(60);
  let reads = 0;
  const text = await readSettled(
    file,
    () => {
      const content = readFileSync(file, 'utf8');
      reads += 1;
      if (reads === 1) writeFileSync(file, 'new');
      return Promise.resolve(content);
    },
    { clock: { now: Date.now, sleep: () => Promise.resolve() }, signal: NEVER },
  );
  expect(text).toBe('new');
});

it('is FILE_UNREADABLE if the changes do not end', async () => {
  writeFileSync(file, '');
  await expect(read(() => appendFileSync(file, '.'))).rejects.toMatchObject({
    code: 'FILE_UNREADABLE',
    remedy: expect.stringContaining('rename') as string,
  });
});

it('ends with its signal', async () => {
  writeFileSync(file, '');
  await expect(read(() => undefined, AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop');
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { killWriters } from '../support/spool-kills.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'spool-kill-'));
});
afterEach(() => rm(directory, { recursive: true }));

/** A few kills; `npm run test:kill` runs many. */
it('keeps every record reported durable through kills of the writer, in order and once', async () => {
  await expect(killWriters(directory, 4, Math.random)).resolves.toBeUndefined();
}, 300_000);

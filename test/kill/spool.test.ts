import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fractions, seed } from '../support/property-runs.ts';
import { killWriters } from '../support/spool-kills.ts';

const KILLS = 40;
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'spool-kill-'));
});
afterEach(() => rm(directory, { recursive: true }));

it(`keeps every durable record once and in order through ${KILLS} kills of the writer`, async () => {
  await expect(killWriters(directory, KILLS, fractions(seed))).resolves.toBeUndefined();
}, 120_000);

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { seed as first } from '../support/property-runs.ts';
import { FAULTS } from './fault-kinds.ts';
import { simulate } from './simulation.ts';

const SEEDS = Array.from({ length: 5 }, (_, index) => first + index);

/** The digests that another process computes. */
async function digestsElsewhere(): Promise<string[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    join(import.meta.dirname, 'play.ts'),
    String(first),
    String(SEEDS.length),
    '--digest',
  ]);
  return stdout
    .split('\n')
    .flatMap((line) => /^\d+ (?<digest>[0-9a-f]{64})$/.exec(line)?.groups?.['digest'] ?? []);
}

describe('a seed', () => {
  it('produces the same trace each time, also in another process', async () => {
    const digests: string[] = [];
    for (const seed of SEEDS) digests.push((await simulate(seed)).digest);
    expect(new Set(digests).size).toBe(SEEDS.length);
    expect(await digestsElsewhere()).toEqual(digests);
  });

  it('chooses among at least twelve kinds of fault', () => {
    expect(Object.keys(FAULTS).length).toBeGreaterThanOrEqual(12);
  });
});

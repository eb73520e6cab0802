import { describe, expect, it } from 'vitest';
import { runs, seed as first } from '../support/property-runs.ts';
import { simulate, type Result } from './simulation.ts';

/** In `npm test`; twenty times as many in `npm run test:seeds`. */
const SEEDS = 50;

/** Every other seed: two files of tests run beside each other. */
export function describeSeeds(part: 0 | 1): void {
  const seeds = Array.from({ length: runs(SEEDS) }, (_, index) => first + index).filter(
    (_, index) => index % 2 === part,
  );
  describe('runners, control plane and orgs, under everything that goes wrong', () => {
    it.each(seeds)('end with every catalog as its org is (seed %i)', async (seed) => {
      const result = await simulate(seed);
      if (result.violations.length > 0) expect.fail(report(result));
    });
  });
}

/** What a person needs to see of a seed that failed, and the command that plays it alone. */
function report({ seed, violations, faults, tail, digest }: Result): string {
  return [
    ...violations,
    `faults: ${faults.join('; ')}`,
    tail,
    `trace ${digest}`,
    `the same again, alone: npm run simulate -- ${seed}`,
  ].join('\n');
}

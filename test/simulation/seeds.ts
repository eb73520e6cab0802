import { describe, expect, it } from 'vitest';
import { runs, seed as first } from '../support/property-runs.ts';
import { simulate, type Result } from './simulation.ts';

/** In `npm test`; twenty times as many in `npm run test:seeds`. */
const SEEDS = 24;

/** Tests every other seed, so that two test files can run in parallel. */
export function describeSeeds(part: 0 | 1): void {
  const seeds = Array.from({ length: runs(SEEDS) }, (_, index) => first + index).filter(
    (_, index) => index % 2 === part,
  );
  describe('runners, control plane and orgs under faults', () => {
    it.each(seeds)('end with every catalog equal to its org (seed %i)', async (seed) => {
      const result = await simulate(seed);
      if (result.violations.length > 0) expect.fail(report(result));
    });
  });
}

/** Describes a failed seed, with the command that runs it alone. */
function report({ seed, violations, faults, tail, digest }: Result): string {
  return [
    ...violations,
    `faults: ${faults.join('; ')}`,
    tail,
    `trace ${digest}`,
    `to repeat: npm run simulate -- ${seed}`,
  ].join('\n');
}

import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ConnectedRunner } from '../src/link/registry.ts';
import { FreeFirst } from '../src/runs/free-first.ts';

/** What sorting all runners before each choice yields. */
function bySorting(capacities: readonly number[], taken: readonly number[]): string | undefined {
  const free = capacities.map((capacity, index) => ({ index, free: capacity - taken[index]! }));
  const [best] = free.filter((one) => one.free > 0).toSorted((a, b) => b.free - a.free);
  return best === undefined ? undefined : `r${best.index}`;
}

it('chooses as sorting does, while capacity is taken by its choices and others', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 12 }),
      fc.array(fc.nat(11), { maxLength: 30 }),
      (capacities, others) => {
        const taken = capacities.map(() => 0);
        const runners = capacities.map((_, index) => ({ runnerId: `r${index}` }));
        const indexOf = (runnerId: string): number => Number(runnerId.slice(1));
        const freeFirst = new FreeFirst(
          runners as unknown as ConnectedRunner[],
          ({ runnerId }) => capacities[indexOf(runnerId)]! - taken[indexOf(runnerId)]!,
        );
        for (const other of others) {
          const chosen = freeFirst.first();
          expect(chosen?.runnerId).toBe(bySorting(capacities, taken));
          if (chosen !== undefined) taken[indexOf(chosen.runnerId)]! += 1;
          if (other < taken.length) taken[other]! += 1;
        }
      },
    ),
  );
});

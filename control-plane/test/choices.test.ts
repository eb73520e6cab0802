import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ConnectedRunner, Presence } from '../src/link/registry.ts';
import { Choices } from '../src/runs/choices.ts';
import { place } from '../src/runs/placement.ts';
import type { Run } from '../src/runs/run.ts';
import type { Runner } from '../src/store/store.ts';

const RUNNERS = 5;
const idOf = (index: number): string => `r${index}`;

/** In one of a few steps only: each change of a list makes all choices be made again. */
function rarely<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> {
  return fc.oneof({ weight: 6, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });
}

/** What a step changes: where runs are held, what a runner reports, and which runs wait. */
const step = fc.record({
  held: fc.array(fc.nat(RUNNERS - 1), { maxLength: 8 }),
  reports: rarely(
    fc.record({
      index: fc.nat(RUNNERS - 1),
      capacity: fc.nat(3),
      draining: fc.boolean(),
      condition: fc.constantFrom('', 'DISK_FULL'),
    }),
  ),
  moves: rarely(fc.nat(RUNNERS - 1)),
  leaves: rarely(fc.nat(RUNNERS - 1)),
  waiting: fc.array(
    fc.record({
      pool: fc.constantFrom(null, 'default', 'eu'),
      pinnedTo: fc.constantFrom(null, 'r1', 'missing'),
      rejectedBy: fc.constantFrom([], ['r0'], ['r0', 'r1']),
      keeper: fc.option(fc.nat(RUNNERS - 1)),
    }),
    { maxLength: 6 },
  ),
});

it('places as without memory of earlier placements, whatever changes between them', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const choices = new Choices();
      let runners = Array.from({ length: RUNNERS }, (_, index) => enrolled(index, 'default'));
      let connected = runners.map(({ id }) => session(id, {}));
      for (const { held, reports, moves, leaves, waiting } of steps) {
        if (reports !== null)
          connected = connected.map((one) =>
            one.runnerId === idOf(reports.index) ? session(one.runnerId, reports) : one,
          );
        if (moves !== null)
          runners = runners.map((one) => (one.id === idOf(moves) ? { ...one, pool: 'eu' } : one));
        if (leaves !== null)
          connected = connected.filter(({ runnerId }) => runnerId !== idOf(leaves));
        const input = {
          active: [
            ...held.map((index, number) => run(`held${number}`, holding(idOf(index)))),
            ...waiting.map((asks, number) => run(`waiting${number}`, asks)),
          ],
          runners,
          connected,
          keepers: new Map(
            waiting.map(({ keeper }, number) => [
              `service of waiting${number}`,
              keeper === null ? null : idOf(keeper),
            ]),
          ),
          held: new Map(),
          now: 0,
          exclusiveFrom: 0,
        };
        expect(place(input, choices)).toEqual(place(input));
      }
    }),
  );
});

it('remembers choices also when there are more than it keeps, and makes room for new ones', () => {
  const choices = new Choices();
  const input = {
    runners: [enrolled(0, 'default')],
    connected: [session('r0', {})],
  };
  const ask = (from: number, to: number): readonly unknown[] => {
    choices.begin(input, new Map());
    return Array.from({ length: to - from }, (_, index) =>
      choices.of(run('x', { pool: `pool${from + index}` })),
    );
  };
  const same = (a: readonly unknown[], b: readonly unknown[]): number =>
    a.filter((choice, index) => choice === b[index]).length;
  expect(same(ask(0, 300), ask(0, 300))).toBe(256);
  ask(300, 310);
  expect(same(ask(300, 310), ask(300, 310))).toBe(10);
});

function enrolled(index: number, pool: string): Runner {
  const id = idOf(index);
  return { id, name: id, pool, drainReason: null, revokedAt: null } as Runner;
}

function session(runnerId: string, reported: Partial<Presence>): ConnectedRunner {
  const presence = { capacity: 2, draining: false, condition: '', jobKinds: ['metadata'] };
  return { runnerId, presence: () => ({ ...presence, ...reported }) } as unknown as ConnectedRunner;
}

function holding(runnerId: string): Partial<Run> {
  return { status: { state: 'running', runnerId, bootId: '', leaseUntil: 1 } };
}

function run(id: string, of: Partial<Run>): Run {
  const queued = { state: 'queued', notBefore: 0, retryAt: null, left: null, absence: null };
  const asks = { pool: null, pinnedTo: null, rejectedBy: [], attempt: 1, status: queued };
  return { id, kind: 'metadata', service: `service of ${id}`, ...asks, ...of } as unknown as Run;
}

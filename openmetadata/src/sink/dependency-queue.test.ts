import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DependencyQueue } from './dependency-queue.ts';

interface Table {
  readonly fqn: string;
  readonly bytes: number;
  readonly to: readonly string[];
}

const table = (fqn: string, ...to: string[]): Table => ({ fqn, bytes: fqn.length, to });

/**
 * Sends tables as a writer does. Returns the names in order of sending, and those sent before a
 * table they refer to.
 */
function send(tables: readonly Table[]): { readonly order: string[]; readonly early: string[] } {
  const waiting = new DependencyQueue<Table>();
  const [order, early, sent, ready]: [string[], string[], Set<string>, Table[]] = [
    [],
    [],
    new Set(),
    [],
  ];
  for (const each of tables) {
    const missing = each.to.filter((name) => name !== each.fqn);
    if (missing.length === 0) ready.push(each);
    else waiting.add(each, missing);
  }
  for (;;) {
    if (ready.length === 0) ready.push(...waiting.takeNext());
    const next = ready.shift();
    if (next === undefined) break;
    order.push(next.fqn);
    sent.add(next.fqn);
    if (next.to.some((name) => !sent.has(name))) early.push(next.fqn);
    ready.push(...waiting.arrived(next.fqn));
  }
  expect([waiting.size, waiting.bytes]).toEqual([0, 0]);
  return { order, early };
}

describe('DependencyQueue', () => {
  it('returns tables after those they refer to, in any order of arrival', () => {
    expect(
      send([table('Contact', 'Account', 'User'), table('Account', 'User'), table('User')]),
    ).toEqual({ order: ['User', 'Account', 'Contact'], early: [] });
  });

  it('starts a cycle with the table that most others wait for', () => {
    const { order, early } = send([
      table('Account', 'User'),
      table('Contact', 'Account', 'User'),
      table('User', 'Profile'),
      table('Profile', 'User'),
      table('Case', 'Contact', 'User'),
    ]);
    expect([order[0], early]).toEqual(['User', ['User']]);
  });

  it('does not wait for a table that never arrives', () => {
    expect(send([table('Case', 'Gone'), table('Task', 'Case')])).toEqual({
      order: ['Case', 'Task'],
      early: ['Case'],
    });
  });

  it('returns every table once, and early only for a cycle or a missing table', () => {
    const names = ['A', 'B', 'C', 'D', 'E', 'F'];
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...names), fc.constantFrom(...names, 'Gone')), {
          maxLength: 14,
        }),
        (keys) => {
          const tables = names.map((name) =>
            table(name, ...new Set(keys.filter(([from]) => from === name).map(([, to]) => to))),
          );
          const { order, early } = send(tables);
          expect(order.toSorted()).toEqual(names);
          const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
            tables
              .find(({ fqn }) => fqn === from)
              ?.to.some(
                (next) => next === to || (!seen.has(next) && reaches(next, to, seen.add(next))),
              ) === true;
          for (const name of early)
            expect(reaches(name, name) || reaches(name, 'Gone'), name).toBe(true);
        },
      ),
    );
  });
});

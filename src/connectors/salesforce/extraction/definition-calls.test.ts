import { describe, expect, it } from 'vitest';
import { each } from '../../../../foundation/src/runtime/parallel-map.ts';
import type { DescribeOutcome } from '../describe/describe-call.ts';
import { batchObjects } from '../describe/describe-batches.ts';
import type { ListedObject } from '../describe/object-list.ts';
import { RunnerError } from '../errors/errors.ts';
import { batchesOf, type Batch } from './definition-batches.ts';
import { DefinitionCalls } from './definition-calls.ts';

const named = (name: string): ListedObject =>
  ({ name, custom: false, customSetting: false }) as ListedObject;
const history = (name: string): ListedObject => ({
  ...named(`${name}History`),
  associateEntityType: 'History',
});

/** An object described with so many fields. */
function described(listed: ListedObject, size: number): DescribeOutcome {
  return { listed, describe: { size } } as DescribeOutcome;
}

async function run(
  objects: readonly ListedObject[],
  outcomes: readonly DescribeOutcome[],
): Promise<{ readonly batches: Batch[]; readonly reserved: number[]; readonly last: number }> {
  let last = -1;
  const batches: Batch[] = [];
  const reserved: number[] = [];
  const calls = new DefinitionCalls(objects, () => {
    last = batches.length;
  });
  const groups = calls.described(each(outcomes.map((outcome) => [outcome])));
  for await (const batch of batchesOf(groups, {
    objects: { total: objects.length, describable: calls.objects },
    progress: { at: () => undefined } as never,
    maxRows: () => calls.rows,
  })) {
    reserved.push(calls.reserved);
    calls.started(batch);
    batches.push(batch);
  }
  return { batches, reserved, last };
}

describe('calls for definitions', () => {
  const objects = Array.from({ length: 20 }, (_, index) => named(`Object${index}`));

  it('carry one query in a small org', async () => {
    const { batches } = await run(
      objects,
      objects.map((object) => described(object, 1000)),
    );
    expect(batches.map(({ length }) => length)).toEqual(Array.from({ length: 20 }, () => 1));
  });

  it('carry no more rows than are answered by the time that all objects are described', async () => {
    const large = Array.from({ length: 1600 }, (_, index) => named(`Object${index}`));
    const { batches } = await run(
      large,
      large.map((object) => described(object, 100)),
    );
    let toCome = large.length;
    for (const batch of batches.slice(0, -1)) {
      // The first object of the next batch was described too.
      toCome -= batch.length;
      expect(batch.length * 100).toBeLessThanOrEqual(Math.max(1900, toCome * 6));
    }
    const sizes = batches.slice(0, -1).map(({ length }) => length);
    expect(sizes).toEqual(sizes.toSorted((one, other) => other - one));
    expect([sizes[0], sizes.at(-1)]).toEqual([76, 19]);
    expect(batches.length).toBeLessThan(50);
  });

  it('carry more rows at the end if many objects without definitions are to come', async () => {
    const outcomes = objects.map((object) => described(object, 140));
    const others = Array.from({ length: 1500 }, (_, index) => history(`Object${index}`));
    const sizes = async (all: readonly ListedObject[]): Promise<number[]> =>
      (await run(all, outcomes)).batches.map(({ length }) => length);
    expect(await sizes([...objects, ...others])).toEqual([20]);
    expect(await sizes(objects)).toEqual([13, 7]);
  });

  it('never carry more queries than one call may have', async () => {
    const large = Array.from({ length: 1600 }, (_, index) => named(`Object${index}`));
    const { batches } = await run(
      large,
      large.map((object) => described(object, 1000)),
    );
    expect(Math.max(...batches.map(({ length }) => length))).toBe(5);
  });

  it('carry fewer rows after each slow call, and never less than one query can have', () => {
    const large = Array.from({ length: 3000 }, (_, index) => named(`Object${index}`));
    const calls = new DefinitionCalls(large, () => undefined);
    const rows = [10_000, 10_001, 10_001, 10_001, 10_001].map((ms) => {
      calls.ended(ms);
      return calls.rows;
    });
    expect(rows).toEqual([7600, 5700, 3800, 1900, 1900]);
  });

  it('are reserved from a describe to the call for its object', async () => {
    const { reserved } = await run(
      objects,
      objects.map((object) => described(object, 1900)),
    );
    expect(Math.max(...reserved)).toBe(2);
    expect(reserved.at(-1)).toBe(1);
  });

  it('do not wait for objects without definitions, which are described last', async () => {
    const others = [history('A'), history('B')];
    const mixed = [others[0]!, objects[0]!, others[1]!, named('User'), objects[1]!];
    const order = batchObjects(mixed, true).flat();
    expect(order.map(({ name }) => name)).toEqual([
      'User',
      'Object0',
      'Object1',
      'AHistory',
      'BHistory',
    ]);
    const { batches, last } = await run(
      order,
      order.map((object) => described(object, 10)),
    );
    expect(batches.map((batch) => batch.map(({ listed }) => listed.name))).toEqual([
      ['User', 'Object0', 'Object1'],
      ['AHistory'],
      ['BHistory'],
    ]);
    expect(last).toBe(0);
  });

  it('count objects that could not be described', async () => {
    const error = new RunnerError('SALESFORCE_FORBIDDEN', 'no');
    const { batches, last } = await run(objects.slice(0, 2), [
      { listed: objects[0]!, error },
      described(objects[1]!, 10),
    ]);
    expect(batches).toHaveLength(2);
    expect(last).toBe(1);
  });
});

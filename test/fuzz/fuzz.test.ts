import { describe, expect, it } from 'vitest';
import { fractions, runs, seed } from '../support/property-runs.ts';
import { loadCodec } from '../../src/channel/codec.ts';
import { framesOfRunner } from '../support/what-leaves.ts';
import { fuzz } from './fuzz.ts';
import { fuzzTargets } from './targets.ts';

const INPUTS = 300;
const targets = (await fuzzTargets()).map((target) => [target.name, target] as const);

describe('bytes that somebody else may have chosen', () => {
  it.each(targets)('as %s are read, or rejected with a typed error in time', (_, target) => {
    expect(fuzz(target, runs(INPUTS), fractions(seed))).toBeUndefined();
  });
});

it('begins with a frame of every kind', async () => {
  const codec = await loadCodec();
  const frames = targets.filter(([name]) => name.startsWith('frames of'));
  const kinds = frames.flatMap(([, { corpus }]) => corpus.map((each) => codec.decode(each).kind));
  const fields = [...framesOfRunner(['Frame']).get('Frame')!.keys()];
  const expected = fields.map((path) => camelCase(path.split('.')[0]!));
  expect(new Set(kinds)).toEqual(new Set(expected));
});

function camelCase(name: string): string {
  return name.replaceAll(/_(?<letter>[a-z])/g, (_, letter: string) => letter.toUpperCase());
}

describe('the fuzzer', () => {
  const read = (find: (text: string) => boolean, fail: () => string) => (bytes: Buffer) => {
    const text = bytes.toString('latin1');
    if (find(text)) return fail();
    // As in a real reader, a part that is understood gives another answer.
    return /\{/.test(text) ? 'object' : 'text';
  };
  const corpus = [Buffer.from('{"name": "value"}'), Buffer.from('[1, 2, 3]')];
  /** Computes between looks at the clock: a look takes the system's time, which does not count. */
  const spend = (userMicroseconds: number): number => {
    const { user } = process.cpuUsage();
    let sum = 0;
    while (process.cpuUsage().user - user < userMicroseconds)
      for (let index = 0; index < 1e6; index++) sum += Math.sqrt(index);
    return sum;
  };
  const fail = (): never => {
    throw new TypeError('undefined is not a function');
  };

  it.each([
    ['an untyped error', read((text) => text.includes('__proto__'), fail), /TypeError/],
    [
      'an untyped error of a truncated input',
      read((text) => text.endsWith('"'), fail),
      /TypeError/,
    ],
    [
      'a reader that takes too long',
      read(
        (text) => text.includes('[[['),
        () => `late by ${spend(1_100_000)}`,
      ),
      /processor time/,
    ],
  ] as const)('finds %s', (_, reader, problem) => {
    const fault = fuzz({ name: 'planted', corpus, read: reader }, 20_000, fractions(seed));
    expect(fault?.problem).toMatch(problem);
    expect(() => Buffer.from(fault!.input, 'base64')).not.toThrow();
  });
});

import { describe, expect, it } from 'vitest';
import { fractions, runs, seed } from '../support/property-runs.ts';
import { fuzz } from './fuzz.ts';
import { fuzzTargets } from './targets.ts';

const INPUTS = 300;
const targets = (await fuzzTargets()).map((target) => [target.name, target] as const);

describe('bytes that somebody else may have chosen', () => {
  it.each(targets)('as %s are read, or rejected with a typed error in time', (_, target) => {
    expect(fuzz(target, runs(INPUTS), fractions(seed))).toBeUndefined();
  });
});

describe('the fuzzer', () => {
  const read = (find: (text: string) => boolean, fail: () => string) => (bytes: Buffer) => {
    const text = bytes.toString('latin1');
    if (find(text)) return fail();
    // As in a real reader, a part that is understood gives another answer.
    return /\{/.test(text) ? 'object' : 'text';
  };
  const corpus = [Buffer.from('{"name": "value"}'), Buffer.from('[1, 2, 3]')];
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
        () => {
          const { user } = process.cpuUsage();
          while (process.cpuUsage().user - user < 1_100_000);
          return 'late';
        },
      ),
      /processor time/,
    ],
  ] as const)('finds %s', (_, reader, problem) => {
    const fault = fuzz({ name: 'planted', corpus, read: reader }, 20_000, fractions(seed));
    expect(fault?.problem).toMatch(problem);
    expect(() => Buffer.from(fault!.input, 'base64')).not.toThrow();
  });
});

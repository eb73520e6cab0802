import { describe, expect, it } from 'vitest';
import { read, sources } from './sources.ts';

const bench = sources('bench').map(read).join('\n');
const [figuresTable] = read('docs/benchmarks.md').split(/^## /m);

/** Keys that parts return; what is filled in at run time, such as a distance, matches any word. */
const keys = new Set(
  [
    ...bench.matchAll(/\b(?<key>[a-z][\da-z]*(?:_[\da-z]+)+):/g),
    ...bench.matchAll(/`(?<key>[a-z]+_\$\{[\w${}]+)`\]/g),
  ].map(({ groups }) => groups!['key']!.replaceAll(/\$\{\w+\}/g, '*')),
);

/** The parts and keys of each row. */
const rows = [...figuresTable!.matchAll(/^\| (?<part>[^|]+) \| (?<keys>`[^|]+`) \|/gm)].map(
  ({ groups }) => ({
    part: groups!['part']!,
    keys: [...groups!['keys']!.matchAll(/`(?<key>[^`]+)`/g)].map((match) => match.groups!['key']!),
  }),
);
const measured = rows.filter(({ part }) => part !== 'by hand');

function matches(key: string, name: string): boolean {
  return new RegExp(`^${key.replaceAll('*', String.raw`[\da-z]+`)}$`).test(name);
}

describe('the figures of docs/benchmarks.md', () => {
  it('have a row for each key of the benchmarks', () => {
    const named = measured.flatMap((row) => row.keys);
    expect(keys.size).toBeGreaterThan(30);
    expect([...keys].filter((key) => !named.some((name) => matches(key, name)))).toEqual([]);
  });

  it('have a key of the benchmarks for each row that is not measured by hand', () => {
    const named = measured.flatMap((row) => row.keys);
    expect(named.filter((name) => ![...keys].some((key) => matches(key, name)))).toEqual([]);
  });

  it('name parts that the command accepts', () => {
    const parts = [...read('bench/main.ts').matchAll(/\bid: '(?<id>[^']+)'/g)].map(
      ({ groups }) => groups!['id'],
    );
    const named = new Set(measured.map(({ part }) => part.replaceAll('`', '')));
    expect(named).toEqual(new Set(parts));
  });
});

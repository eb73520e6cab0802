import { expect, it } from 'vitest';
import { lineDiff } from './line-diff.ts';

it('shows the lines that differ, with two around them', () => {
  const before = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].join('\n');
  const after = ['a', 'b', 'c', 'x', 'e', 'f', 'g', 'h'].join('\n');
  expect(lineDiff(`${before}\n`, `${after}\n`).split('\n')).toEqual([
    '…',
    ' b',
    ' c',
    '-d',
    '+x',
    ' e',
    ' f',
    ' g',
    '+h',
  ]);
});

it('is empty for the same text', () => {
  expect(lineDiff('a\n', 'a\n')).toBe('');
});

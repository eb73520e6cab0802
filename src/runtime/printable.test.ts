import { expect, it } from 'vitest';
import { printable } from './printable.ts';

it('keeps text of the other side short and on one line', () => {
  expect(printable('a\u001b[2J\nb\u202ec ')).toBe('a [2J b c');
  expect(printable('x '.repeat(1_000))).toBe(`${'x '.repeat(149)}x…`);
});

it('cuts between words, and so no token in two', () => {
  expect([
    printable('abc def', 3),
    printable('abc def', 6),
    printable('abc def', 7),
    printable('abcdef', 3),
  ]).toEqual(['abc…', 'abc…', 'abc def', '…']);
});

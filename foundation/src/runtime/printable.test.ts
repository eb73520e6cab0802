import { expect, it } from 'vitest';
import { printable } from './printable.ts';

it('puts text of another program on one line and limits its length', () => {
  expect(printable('a\u001b[2J\nb\u202ec ')).toBe('a [2J b c');
  expect(printable('x '.repeat(1_000))).toBe(`${'x '.repeat(149)}x…`);
});

it('cuts between words, so that no token is split', () => {
  expect([
    printable('abc def', 3),
    printable('abc def', 6),
    printable('abc def', 7),
    printable('abcdef', 3),
  ]).toEqual(['abc…', 'abc…', 'abc def', '…']);
});

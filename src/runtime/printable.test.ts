import { expect, it } from 'vitest';
import { printable } from './printable.ts';

it('keeps text of the other side short and on one line', () => {
  expect(printable('a\u001b[2J\nb\u202ec ')).toBe('a [2J b c');
  expect(printable('x'.repeat(1_000))).toBe(`${'x'.repeat(300)}…`);
  expect(printable('abcdef', 3)).toBe('abc…');
});

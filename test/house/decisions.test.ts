import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from './sources.ts';

const folder = join(root, 'docs/decisions');
const records = readdirSync(folder).filter((name) => /^\d{4}-/.test(name));
const text = (name: string): string => readFileSync(join(folder, name), 'utf8');

describe('decision records', () => {
  it('have context, decision and consequences', () => {
    const headings = ['## Context', '## Decision', '## Consequences'];
    const others = records.filter(
      (name) =>
        text(name)
          .match(/^##? .*$/gm)
          ?.slice(1)
          .join() !== headings.join(),
    );
    expect(others).toEqual([]);
  });

  it('have numbers of their own, and the README names those that are not used', () => {
    const numbers = records.map((name) => Number(name.slice(0, 4))).toSorted((a, b) => a - b);
    const unused = Array.from({ length: numbers.at(-1)! }, (_, index) => index + 1)
      .filter((number) => !numbers.includes(number))
      .map((number) => String(number).padStart(4, '0'));
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(text('README.md')).toContain(`${unused.join(' and ')} are not used`);
  });
});

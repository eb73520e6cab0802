import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COUNTERS, DURATIONS, GAUGES, LEVELS, type Definition } from './table.ts';

const all: readonly Definition[] = [
  ...Object.values(COUNTERS),
  ...Object.values(DURATIONS),
  ...Object.values(LEVELS),
  ...Object.values(GAUGES),
];

describe('the metrics', () => {
  it('have names with a unit, as Prometheus advises, and few labels', () => {
    for (const { name, help, labels } of all) {
      expect(name).toMatch(/^(hybrid_runner|process)_[a-z]+(_[a-z]+)*$/);
      expect(help).toMatch(/^.{10,}\.$/);
      expect(labels.length).toBeLessThanOrEqual(2);
    }
    for (const { name } of Object.values(COUNTERS)) expect(name).toMatch(/_total$/);
    for (const { name } of Object.values(DURATIONS)) expect(name).toMatch(/_seconds$/);
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  });

  it('are those of docs/observability.md, with their labels', () => {
    const file = join(import.meta.dirname, '../../../docs/observability.md');
    const rows = readFileSync(file, 'utf8').matchAll(
      /^\| `(?<name>(?:hybrid_runner|process)_\w+)` \| (?<labels>[^|]*)\|/gm,
    );
    const documented = [...rows].map(({ groups }) => [
      groups!['name'],
      [...groups!['labels']!.matchAll(/`(\w+)`/g)].map((match) => match[1]),
    ]);
    expect(Object.fromEntries(documented)).toEqual(
      Object.fromEntries(all.map(({ name, labels }) => [name, labels])),
    );
  });
});

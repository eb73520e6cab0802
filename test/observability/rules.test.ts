import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { COUNTERS, DURATIONS, GAUGES, LEVELS } from '../../src/observability/metrics/table.ts';
import { hasPrometheus, promtool, RULES } from './prometheus.ts';

const TESTS = join(dirname(RULES), 'alerts.test.yaml');

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string };
}

interface Expectation {
  readonly expr: string;
  readonly exp_samples: readonly unknown[];
}

const { groups } = parse(readFileSync(RULES, 'utf8')) as {
  readonly groups: readonly { readonly rules: readonly Rule[] }[];
};
const rules = groups.flatMap((group) => group.rules);

describe.runIf(hasPrometheus())('the alert rules, for promtool', () => {
  it('are valid', () => {
    expect(promtool('check', 'rules', '--lint=all', '--lint-fatal', RULES)).toContain('SUCCESS');
  });

  it('fire when they should, and are silent before', () => {
    expect(promtool('test', 'rules', TESTS)).toContain('SUCCESS');
  });
});

describe('the alert rules', () => {
  it('each fire and are silent in a test of promtool', () => {
    const { tests } = parse(readFileSync(TESTS, 'utf8')) as {
      readonly tests: readonly { readonly promql_expr_test: readonly Expectation[] }[];
    };
    const expectations = tests.flatMap(({ promql_expr_test: each }) => each);
    for (const { alert } of rules) {
      const expr = `ALERTS{alertname="${alert}", alertstate="firing"}`;
      const fires = expectations
        .filter((each) => each.expr === expr)
        .map(({ exp_samples: samples }) => samples.length > 0);
      expect([alert, new Set(fires)]).toEqual([alert, new Set([false, true])]);
    }
  });

  it('use metrics that the runner has', () => {
    const all = Object.values({ ...COUNTERS, ...DURATIONS, ...LEVELS, ...GAUGES });
    const names = new Set<string>(all.map(({ name }) => name));
    const used = rules.flatMap(({ expr }) => expr.match(/hybrid_runner_\w+/g) ?? []);
    expect(used.length).toBeGreaterThanOrEqual(10);
    expect(used.filter((name) => !names.has(name))).toEqual([]);
  });

  it('say what is wrong and what to do', () => {
    for (const { labels, annotations } of rules) {
      expect(['warning', 'critical']).toContain(labels.severity);
      expect(annotations.summary).not.toBe('');
      expect(annotations.description).toMatch(/\.$/);
    }
  });
});

import { expect, it } from 'vitest';
import { traceIdOf, traceparentOf } from '../src/runs/traceparent.ts';

it('the trace context of a run has one trace, and a span for each attempt', () => {
  const [first, second] = [1, 2].map((attempt) => traceparentOf({ id: 'run_1', attempt }));
  const form = /^00-(?<trace>[0-9a-f]{32})-(?<span>[0-9a-f]{16})-01$/;
  const [one, two] = [form.exec(first!)!.groups!, form.exec(second!)!.groups!];
  expect(one['trace']).toBe(traceIdOf({ id: 'run_1' }));
  expect(two['trace']).toBe(one['trace']);
  expect(two['span']).not.toBe(one['span']);
  expect(traceIdOf({ id: 'run_2' })).not.toBe(one['trace']);
});

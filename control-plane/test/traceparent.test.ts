import { expect, it } from 'vitest';
import { traceIdOf, traceparentOf } from '../src/runs/traceparent.ts';

it('the trace context of a run has one trace, and a span for each offer', () => {
  const [first, second] = [1, 2].map((epoch) => traceparentOf({ runId: 'run_1', epoch }));
  const form = /^00-(?<trace>[0-9a-f]{32})-(?<span>[0-9a-f]{16})-01$/;
  const [one, two] = [form.exec(first!)!.groups!, form.exec(second!)!.groups!];
  expect(one['trace']).toBe(traceIdOf('run_1'));
  expect(two['trace']).toBe(one['trace']);
  expect(two['span']).not.toBe(one['span']);
  expect(traceIdOf('run_2')).not.toBe(one['trace']);
});

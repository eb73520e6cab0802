import { describe, expect, it } from 'vitest';
import { attempt, steps, workflow, yielding } from '../../test/support/attempts.ts';
import type { RunId } from '../../foundation/src/domain/ids.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';

describe('a job kind that the connector does not support', () => {
  it('ends with JOB_KIND_UNSUPPORTED', async () => {
    const job = {
      ref: { runId: 'r' as RunId, attempt: 1, epoch: 1 },
      kind: 'test_connection',
      workflow: JSON.stringify(workflow),
      deadlineMs: 1000,
    } as const;
    const { outcome } = await attempt(() => yielding([]), {
      job,
      testConnection: 'unsupported',
    });
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'JOB_KIND_UNSUPPORTED' } });
  });
});

describe('a connection test', () => {
  const job = {
    ref: { runId: 'r' as RunId, attempt: 1, epoch: 1 },
    kind: 'test_connection' as const,
    workflow: JSON.stringify(workflow),
    deadlineMs: 1000,
  };
  const error = new RunnerError('SINK_UNAUTHORIZED', 'no').toFailure();

  it.each([
    ['success', [{}, {}]],
    ['partialSuccess', [{}, { passed: false, mandatory: false, error }]],
    ['failed', [{}, { passed: false, mandatory: true, error }]],
  ] as const)('is a %s by its steps', async (status, records) => {
    const { outcome, sink } = await attempt(() => yielding([]), {
      job,
      testConnection: () => steps(records),
    });
    expect(outcome.status).toBe(status);
    expect(outcome.error).toEqual(status === 'failed' ? error : undefined);
    expect(sink.records.map((record) => record.kind)).toEqual(['step', 'step', 'outcome']);
  });
});

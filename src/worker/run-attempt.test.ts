import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  attempt,
  failed,
  table,
  withThreshold,
  workflow,
  yielding,
} from '../../test/support/attempts.ts';
import type { Extracted } from '../connectors/connector.ts';
import type { RunId } from '../../foundation/src/domain/ids.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import type { RecordSink } from './record-sink.ts';

describe('runAttempt', () => {
  it('ends with an outcome that counts and digests the records before it', async () => {
    const { sink, outcome } = await attempt((context) => {
      context.count('apiCalls', 3);
      context.count('apiCalls', 4);
      return yielding([table('A'), table('B')]);
    });
    expect(sink.records.at(-1)).toEqual(outcome);
    expect(outcome).toMatchObject({
      status: 'success',
      counts: { entities: 2, apiCalls: 7, failures: 0 },
      records: 2,
    });
    expect(outcome.steps).toEqual([
      {
        name: 'Salesforce',
        records: 2,
        updated_records: 0,
        warnings: 0,
        errors: 0,
        filtered: 0,
        failures: [],
      },
    ]);
    expect(sink.lines.every((line) => /^\{.*\}\n$/.test(line))).toBe(true);
    expect(outcome.digest).toBe(
      createHash('sha256').update(sink.lines.slice(0, -1).join('')).digest('hex'),
    );
    expect(sink.flushed).toBe(true);
  });

  it('reports its calls, also when it fails', async () => {
    const reported: [number, boolean][] = [];
    const { outcome } = await attempt(
      (context) => {
        context.count('apiCalls', 7);
        throw new RunnerError('NETWORK_TIMEOUT', 'slow');
      },
      {},
      (...report) => {
        reported.push(report);
      },
    );
    expect([outcome.status, reported]).toEqual(['failed', [[7, true]]]);
  });

  it('lets a connector ask before each call, so that its count can keep up', async () => {
    const reported: number[] = [];
    const { outcome } = await attempt(
      async function* (context, signal) {
        for (let call = 0; call < 60; call++) await context.admitCall?.(signal);
        yield* [];
      },
      {},
      (made) => {
        reported.push(made);
      },
    );
    expect([outcome.status, reported]).toEqual(['success', [50, 0]]);
  });

  it.each([
    ['partialSuccess', 9, 1, 90],
    ['failed', 8, 2, 90],
    ['partialSuccess', 0, 1, 50],
    ['failed', 0, 1, 51],
    ['partialSuccess', 1, 99, 0],
  ] as const)(
    'is a %s with %i objects done, %i failed and a threshold of %i %%',
    async (status, done, errors, threshold) => {
      const records = [
        ...Array.from({ length: done }, (_, index) => table(`T${index}`)),
        ...Array.from({ length: errors }, (_, index) => failed(`F${index}`)),
      ];
      const { outcome } = await attempt(() => yielding(records), {
        document: withThreshold(threshold),
      });
      expect(outcome.status).toBe(status);
      expect(outcome.counts['failures']).toBe(errors);
    },
  );

  it('counts unchanged entities as successful, so that one failure weighs the same in every run', async () => {
    const unchanged: Extracted = {
      kind: 'unchanged',
      type: 'table',
      fqns: Array.from({ length: 99 }, (_, index) => `crm.default.salesforce.T${index}`),
    };
    const { outcome } = await attempt(() => yielding([unchanged, failed('F')]), {
      document: withThreshold(99),
    });
    expect(outcome).toMatchObject({
      status: 'partialSuccess',
      counts: { failures: 1 },
      steps: [{ records: 99, errors: 1 }],
    });
    expect(
      (
        await attempt(() => yielding([unchanged, failed('F'), failed('G')]), {
          document: withThreshold(99),
        })
      ).outcome.status,
    ).toBe('failed');
  });

  it('lists the first ten failures of a step and the first hundred of the run', async () => {
    const { outcome } = await attempt(() =>
      yielding(Array.from({ length: 150 }, (_, index) => failed(`F${index}`))),
    );
    expect(outcome.steps[0]?.failures).toHaveLength(10);
    expect(outcome.steps[0]?.errors).toBe(150);
    expect(outcome.failures).toHaveLength(100);
    expect(outcome.failures[0]?.name).toBe('F0');
  });

  it('reports the error that ended it, after the records before it', async () => {
    const { outcome, sink } = await attempt(async function* () {
      yield await Promise.resolve(table('A'));
      throw new RunnerError('SINK_UNAUTHORIZED', 'wrong password');
    });
    expect(outcome).toMatchObject({
      status: 'failed',
      error: { code: 'SINK_UNAUTHORIZED', message: 'wrong password' },
      records: 1,
    });
    expect(sink.records.map((record) => record.kind)).toEqual(['entity', 'outcome']);
  });

  it('sends no text of a foreign error', async () => {
    const { sink } = await attempt(() => {
      throw Object.assign(new Error('connect ECONNREFUSED with password hunter2hunter2'), {
        code: 'ECONNREFUSED',
      });
    });
    expect(sink.lines.join('')).not.toContain('hunter2');
    expect(sink.records.at(-1)).toMatchObject({
      error: { code: 'NETWORK_UNREACHABLE', message: 'The server is not reachable.' },
    });
  });

  it.each([
    ['is not JSON', '{', 'the workflow is not valid JSON'],
    [
      'names a service as OpenMetadata allows none',
      JSON.stringify({
        source: { ...workflow.source, serviceName: 'crm::eu' },
        workflowConfig: {},
      }),
      'source.serviceName: must not contain "::"',
    ],
    [
      'has problems',
      '{"source":{"type":"salesforce","serviceName":""}}',
      'source.serviceConnection',
    ],
    [
      'names an unknown source',
      JSON.stringify({ ...workflow, source: { ...workflow.source, type: 'oracle' } }),
      'no connector',
    ],
  ])('is rejected with JOB_INVALID when its document %s', async (_what, text, message) => {
    const job = {
      ref: { runId: 'r' as RunId, attempt: 1, epoch: 1 },
      kind: 'metadata' as const,
      workflow: text,
      deadlineMs: 1000,
    };
    const { outcome } = await attempt(() => yielding([table('A')]), { job });
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'JOB_INVALID' }, records: 0 });
    expect(outcome.error?.message).toContain(message);
  });

  it('connects to no source when the policy denies the job', async () => {
    let touched = false;
    const { outcome } = await attempt(
      () => {
        touched = true;
        return yielding([]);
      },
      { openAccess: () => Promise.reject(new RunnerError('POLICY_DENIED', 'not this one')) },
    );
    expect(touched).toBe(false);
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'POLICY_DENIED' } });
  });

  it('rejects when the sink does not accept the outcome', async () => {
    const sink: RecordSink = {
      write: () => Promise.reject(new RunnerError('SINK_FAILED', 'gone')),
      flush: () => Promise.resolve(),
    };
    await expect(attempt(() => yielding([table('A')]), { sink })).rejects.toMatchObject({
      code: 'SINK_FAILED',
    });
  });
});

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  attempt,
  failed,
  MemorySink,
  steps,
  table,
  withThreshold,
  workflow,
  yielding,
} from '../../test/support/attempts.ts';
import { SimulatedClock } from '../../test/support/simulated-clock.ts';
import type { ConnectorContext, Extracted } from '../connectors/connector.ts';
import type { RunId } from '../../foundation/src/domain/ids.ts';
import { untilAborted } from '../../foundation/src/runtime/abort.ts';
import { systemClock } from '../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import type { RecordSink } from './record-sink.ts';
import { Stop } from './stop.ts';

/** The system clock with one short pause. */
const impatient = {
  ...systemClock,
  sleep: (ms: number, signal: AbortSignal) => systemClock.sleep(ms === 2000 ? 1 : ms, signal),
};

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
    expect(outcome.digest).toBe(
      createHash('sha256').update(sink.lines.slice(0, -1).join('')).digest('hex'),
    );
    expect(sink.flushed).toBe(true);
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

  /** A sink whose writes wait until `room` is resolved. */
  class FullSink extends MemorySink {
    readonly room = Promise.withResolvers<void>();

    override async write(
      line: string,
      _last?: boolean,
      signal = new AbortController().signal,
    ): Promise<void> {
      await untilAborted(this.room.promise, signal);
      await super.write(line);
    }
  }

  it('waits with the outcome while the disk is full, unless it is stopped', async () => {
    const clock = new SimulatedClock();
    const sink = new FullSink();
    const ending = attempt(() => yielding([]), { clock, sink });
    await clock.advance(3_600_000);
    sink.room.resolve();
    expect((await ending).outcome.status).toBe('success');
  });

  it('gives up writing the outcome eight seconds after a stop', async () => {
    const clock = new SimulatedClock();
    const stop = new Stop();
    let code: unknown;
    void attempt(() => yielding([]), { clock, stop, sink: new FullSink() }).catch(
      (error: RunnerError) => (code = error.code),
    );
    await clock.advance(60_000);
    stop.request('cancelled', new RunnerError('CANCELLED', 'enough').toFailure());
    await clock.advance(7_000);
    expect(code).toBeUndefined();
    await clock.advance(2_000);
    expect(code).toBe('DEADLINE_EXCEEDED');
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
  ])('is refused with JOB_INVALID when its document %s', async (_what, text, message) => {
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

  it.each(['cancelled', 'expired', 'interrupted'] as const)(
    'ends as %s when it is stopped, even if the connector ignores the signal',
    async (status) => {
      const stop = new Stop();
      const { outcome } = await attempt(
        async function* () {
          yield table('A');
          stop.request(status, new RunnerError('CANCELLED', 'enough').toFailure());
          await new Promise(() => undefined);
        },
        { stop, clock: impatient },
      );
      expect(outcome).toMatchObject({
        status,
        error: { message: 'enough' },
        counts: { entities: 1 },
      });
    },
  );

  it('expires at its deadline', async () => {
    const clock = new SimulatedClock();
    const running = attempt(
      async function* (_context: ConnectorContext, signal: AbortSignal) {
        yield table('A');
        await untilAborted(new Promise(() => undefined), signal);
      },
      { clock },
    );
    await clock.advance(60_000);
    expect((await running).outcome).toMatchObject({
      status: 'expired',
      error: { code: 'DEADLINE_EXCEEDED' },
    });
  });

  it('lets the connector clean up when it is stopped', async () => {
    const stop = new Stop();
    let cleaned = false;
    await attempt(
      async function* (_context, signal) {
        try {
          yield table('A');
          stop.request('cancelled', new RunnerError('CANCELLED', 'enough').toFailure());
          await untilAborted(new Promise(() => undefined), signal);
        } finally {
          await Promise.resolve();
          cleaned = true;
        }
      },
      { stop },
    );
    expect(cleaned).toBe(true);
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

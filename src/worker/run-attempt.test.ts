import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { jobsOf } from '../../test/support/connector-jobs.ts';
import { SimulatedClock } from '../../test/support/simulated-clock.ts';
import type { Connector, ConnectorContext, Extracted } from '../connectors/connector.ts';
import type { RunId } from '../domain/ids.ts';
import type { JobKind } from '../domain/job.ts';
import type { OutcomeRecord, RunRecord, StepRecord } from '../domain/record.ts';
import { silentLogger, type Logger } from '../observability/logger.ts';
import { untilAborted } from '../runtime/abort.ts';
import { systemClock } from '../runtime/clock.ts';
import { RunnerError } from '../runtime/errors.ts';
import { systemRandom } from '../runtime/random.ts';
import type { RecordSink } from './record-sink.ts';
import type { MemoryFile, Remembered } from './run-memory.ts';
import { type AttemptOptions, runAttempt } from './run-attempt.ts';
import { Stop } from './stop.ts';

const workflow = {
  source: {
    type: 'salesforce',
    serviceName: 'crm',
    serviceConnection: { config: { type: 'Salesforce' } },
    sourceConfig: { config: {} },
  },
  workflowConfig: {},
};

type Jobs = Connector['jobs'];

class MemorySink implements RecordSink {
  readonly lines: string[] = [];
  flushed = false;

  async write(line: string): Promise<void> {
    await Promise.resolve();
    this.lines.push(line);
  }

  flush(): Promise<void> {
    this.flushed = true;
    return Promise.resolve();
  }

  get records(): RunRecord[] {
    return this.lines.map((line) => JSON.parse(line) as RunRecord);
  }
}

function table(name: string, request: Record<string, unknown> = {}): Extracted {
  return {
    kind: 'entity',
    type: 'table',
    fqn: `crm.default.salesforce.${name}`,
    request: { name, ...request },
  };
}

function failed(name: string): Extracted {
  return {
    kind: 'failure',
    failure: {
      name,
      code: 'SINK_FORBIDDEN',
      message: 'no access',
      remedy: 'ask',
      retryable: false,
    },
  };
}

function connector(
  extract: Jobs['metadata'],
  testConnection: Jobs['test_connection'] = () => steps([]),
): Connector {
  return {
    type: 'Salesforce',
    secretFields: [],
    endpoints: () => [],
    ownNames: () => ['crm', 'crm.default', 'crm.default.salesforce'],
    jobs: jobsOf({ metadata: extract, test_connection: testConnection }),
  };
}

async function* steps(records: readonly Partial<StepRecord>[]): AsyncGenerator<StepRecord> {
  for (const record of records)
    yield await Promise.resolve({
      kind: 'step',
      name: 'S',
      description: '',
      passed: true,
      mandatory: true,
      message: '',
      ...record,
    });
}

async function* yielding(records: readonly Extracted[]): AsyncGenerator<Extracted> {
  for (const record of records) yield await Promise.resolve(record);
}

async function attempt(
  extract: Jobs['metadata'],
  options: Partial<AttemptOptions> & {
    document?: unknown;
    testConnection?: Jobs['test_connection'];
  } = {},
): Promise<{ sink: MemorySink; outcome: OutcomeRecord }> {
  const sink = new MemorySink();
  const { document = workflow, testConnection, ...rest } = options;
  const outcome = await runAttempt({
    job: {
      ref: { runId: 'r' as RunId, attempt: 1, epoch: 1 },
      kind: 'metadata',
      workflow: JSON.stringify(document),
      deadlineMs: 60_000,
    },
    connectors: [connector(extract, testConnection)],
    openAccess: () =>
      Promise.resolve({
        secrets: new Map(),
        connect: () => Promise.reject(new RunnerError('HOST_DENIED', 'no')),
        protect: () => undefined,
        limits: {
          reservePercent: 20,
          maxApiCallsPerRun: undefined,
          sampleRows: false,
          codeText: false,
          profile: false,
          owners: false,
        },
      }),
    redact: (line) => line,
    sink,
    stop: new Stop(),
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    onProgress: () => undefined,
    ...rest,
  });
  return { sink, outcome };
}

const withThreshold = (successThreshold: number): unknown => ({
  ...workflow,
  workflowConfig: { successThreshold },
});

describe('an attempt', () => {
  it('ends with an outcome that counts and signs what came before it', async () => {
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

  it('counts what has not changed as done: one object that fails is as much of a second run as of the first', async () => {
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

  it('names the first ten failures of a step and the first hundred of the run', async () => {
    const { outcome } = await attempt(() =>
      yielding(Array.from({ length: 150 }, (_, index) => failed(`F${index}`))),
    );
    expect(outcome.steps[0]?.failures).toHaveLength(10);
    expect(outcome.steps[0]?.errors).toBe(150);
    expect(outcome.failures).toHaveLength(100);
    expect(outcome.failures[0]?.name).toBe('F0');
  });

  /** A sink that has no room until told. */
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

  it('waits with its outcome for room on a full disk as long as nobody asks it to end', async () => {
    const clock = new SimulatedClock();
    const sink = new FullSink();
    const ending = attempt(() => yielding([]), { clock, sink });
    await clock.advance(3_600_000);
    sink.room.resolve();
    expect((await ending).outcome.status).toBe('success');
  });

  it('gives up its outcome eight seconds after it was asked to end', async () => {
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

  it('says which error broke it off, after the records it had', async () => {
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

  it('sends no text of an error it did not word itself', async () => {
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

  it('touches no source when the policy says no', async () => {
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
    'ends as %s when it is asked to, even if its connector hears nothing',
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

  it('expires by itself at its deadline', async () => {
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

  it('lets its connector clean up when it is stopped', async () => {
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

  it('rejects when the sink does not take the outcome', async () => {
    const sink: RecordSink = {
      write: () => Promise.reject(new RunnerError('SINK_FAILED', 'gone')),
      flush: () => Promise.resolve(),
    };
    await expect(attempt(() => yielding([table('A')]), { sink })).rejects.toMatchObject({
      code: 'SINK_FAILED',
    });
  });
});

/** Real time, but nobody is waited for longer than a moment. */
const impatient = {
  ...systemClock,
  sleep: (ms: number, signal: AbortSignal) => systemClock.sleep(ms === 2000 ? 1 : ms, signal),
};

describe('what an attempt writes', () => {
  const redact = (line: string): string => line.replaceAll('sesame-sesame', '[secret]');

  it('is redacted, the outcome too', async () => {
    const { sink } = await attempt(
      (context) => {
        context.logger.log('info', 'signing in with sesame-sesame');
        return yielding([table('A', { description: 'sesame-sesame' }), failed('sesame-sesame')]);
      },
      { redact },
    );
    expect(sink.lines.join('')).not.toContain('sesame');
    expect(sink.lines).toHaveLength(4);
  });

  it('still is an outcome when redaction would leave none of it', async () => {
    const { sink, outcome } = await attempt(() => yielding([table('A'), failed('B')]), {
      redact: (line) => line.replace('"counts"', ''),
    });
    expect(sink.records.at(-1)).toMatchObject({
      kind: 'outcome',
      failures: [],
      counts: {},
      records: outcome.records,
    });
  });

  it('counts a record that cannot be written as failed, and does not lose it in silence', async () => {
    const { sink, outcome } = await attempt(() =>
      yielding([table('A', { description: 'x'.repeat(1_100_000) }), table('B')]),
    );
    expect(outcome).toMatchObject({ status: 'failed', counts: { entities: 1, failures: 1 } });
    expect(sink.records[0]).toMatchObject({
      kind: 'failure',
      failure: { code: 'ENTITY_INVALID', name: 'crm.default.salesforce.A' },
    });
  });

  it('holds the log at the level the workflow asks for, before the record it belongs to', async () => {
    const local: string[] = [];
    const logger: Logger = {
      log: (_level, message) => void local.push(message),
      child: () => logger,
    };
    const { sink } = await attempt(
      async function* (context: ConnectorContext) {
        context.logger.log('debug', 'detail');
        context.logger.child({ object: 'A' }).log('warn', 'careful', { field: 'x' });
        yield await Promise.resolve(table('A'));
      },
      { logger },
    );
    expect(local).toEqual(['detail', 'careful']);
    expect(sink.records.slice(0, 2)).toMatchObject([
      { kind: 'log', level: 'warn', message: 'careful', data: { object: 'A', field: 'x' } },
      { kind: 'entity' },
    ]);
  });

  it('says how often the source was warned of, whatever level the log is held at', async () => {
    const { outcome } = await attempt((context) => {
      for (const level of ['info', 'warn', 'warn'] as const) context.logger.log(level, level);
      return yielding([table('A')]);
    });
    expect(outcome).toMatchObject({
      status: 'success',
      counts: { warnings: 2 },
      steps: [{ warnings: 2 }],
    });
  });

  it('says how many log lines were dropped when they come faster than they can be written', async () => {
    const { sink } = await attempt((context) => {
      for (let line = 0; line < 1500; line++) context.logger.log('info', `line ${line}`);
      return yielding([table('A')]);
    });
    const logs = sink.records.filter((record) => record.kind === 'log');
    expect(logs).toHaveLength(1001);
    expect(logs.at(-1)?.message).toContain('500 log lines were dropped');
  });
});

describe('what an attempt goes by and leaves for the next', () => {
  class Kept implements MemoryFile {
    remembered: Remembered | undefined;
    load = () => Promise.resolve(this.remembered);
    clear = () => Promise.resolve(void (this.remembered = undefined));
    save(remembered: Remembered): Promise<void> {
      this.remembered = remembered;
      return Promise.resolve();
    }
  }

  interface Remembering {
    readonly catalogRevision?: string;
    readonly epoch?: number;
    readonly extract?: Jobs['metadata'];
    readonly stop?: Stop;
  }

  /** Runs a connector that says what it recalled, and keeps how often it has been run. */
  async function run(
    memory: Kept,
    { catalogRevision, epoch = 1, extract, stop = new Stop() }: Remembering = {},
  ) {
    let recalled: unknown;
    const result = await attempt(
      extract ??
        async function* (context: ConnectorContext) {
          recalled = await context.memory?.recall((kept) =>
            kept === 'strange' ? undefined : kept,
          );
          yield table('A');
          context.memory?.keep(typeof recalled === 'number' ? recalled + 1 : 1);
        },
      {
        stop,
        job: {
          ref: { runId: 'r' as RunId, attempt: 1, epoch },
          kind: 'metadata',
          workflow: JSON.stringify(workflow),
          deadlineMs: 60_000,
          ...(catalogRevision === undefined ? {} : { catalogRevision }),
        },
        openAccess: () =>
          Promise.resolve({
            secrets: new Map(),
            connect: () => Promise.reject(new RunnerError('HOST_DENIED', 'no')),
            protect: () => undefined,
            limits: {
              reservePercent: 20,
              maxApiCallsPerRun: undefined,
              sampleRows: false,
              codeText: false,
              profile: false,
              owners: false,
            },
            memory,
          }),
      },
    );
    return { ...result, recalled };
  }

  it('is what the last one kept, when the catalog is in the state that one led to; and its outcome says so', async () => {
    const memory = new Kept();
    const first = await run(memory);
    expect(memory.remembered).toEqual({
      revision: createHash('sha256')
        .update(`hybrid-runner/catalog/v1\nr\n1\n${first.sink.lines.at(-1)!}`)
        .digest('hex'),
      state: 1,
    });
    expect([first.recalled, first.outcome]).toEqual([
      undefined,
      expect.not.objectContaining({ builtOn: expect.anything() }),
    ]);
    const { revision } = memory.remembered!;
    const second = await run(memory, { catalogRevision: revision, epoch: 2 });
    expect([second.recalled, second.outcome.builtOn, second.sink.records.at(-1)]).toEqual([
      1,
      revision,
      second.outcome,
    ]);
    expect(memory.remembered).toMatchObject({ state: 2 });
    expect(memory.remembered?.revision).not.toBe(revision);
  });

  it.each([
    ['unknown', undefined],
    ['another', 'f'.repeat(64)],
  ])(
    'is nothing when the state of the catalog is %s, and the log says so',
    async (_which, catalogRevision) => {
      const memory = new Kept();
      await run(memory);
      const again = await run(memory, {
        epoch: 2,
        ...(catalogRevision === undefined ? {} : { catalogRevision }),
      });
      expect([again.recalled, again.outcome.builtOn]).toEqual([undefined, undefined]);
      expect(again.sink.records[0]).toMatchObject({
        kind: 'log',
        message: expect.stringContaining('full run'),
      });
      expect(again.sink.lines.join('')).not.toContain('ffff');
      expect(memory.remembered).toMatchObject({ state: 1 });
    },
  );

  it('is nothing that its connector cannot use, so that it counts as one that read everything', async () => {
    const memory = new Kept();
    memory.remembered = { revision: 'r1', state: 'strange' };
    expect((await run(memory, { catalogRevision: 'r1' })).outcome.builtOn).toBeUndefined();
  });

  it.each(['cancelled', 'expired', 'interrupted'] as const)(
    'is left as it was by one that is %s',
    async (status) => {
      const memory = new Kept();
      const stop = new Stop();
      await run(memory, {
        stop,
        extract: async function* (context) {
          context.memory?.keep('not to be believed');
          yield table('A');
          stop.request(status, new RunnerError('CANCELLED', 'enough').toFailure());
          yield table('B');
        },
      });
      expect(memory.remembered).toBeUndefined();
    },
  );

  it('is forgotten when it says so', async () => {
    const memory = new Kept();
    await run(memory);
    await run(memory, {
      extract: (context) => {
        context.memory?.keep(undefined);
        return yielding([table('A')]);
      },
    });
    expect(memory.remembered).toBeUndefined();
  });

  it('does not hold what could not be written', async () => {
    let withheld: unknown[] = [];
    await run(new Kept(), {
      extract: async function* (context) {
        yield table('Large', { description: 'x'.repeat(1_100_000) });
        yield table('Small');
        withheld = ['Large', 'Small'].map((name) =>
          context.memory?.isWithheld(`crm.default.salesforce.${name}`),
        );
      },
    });
    expect(withheld).toEqual([true, false]);
  });
});

describe('a kind of job that this program was not taught', () => {
  it('ends as JOB_KIND_UNSUPPORTED and runs as no other', async () => {
    const job = {
      ref: { runId: 'r' as RunId, attempt: 1, epoch: 1 },
      kind: 'profile' as JobKind,
      workflow: JSON.stringify(workflow),
      deadlineMs: 1000,
    };
    const ran: string[] = [];
    const { outcome } = await attempt(
      () => {
        ran.push('extract');
        return yielding([]);
      },
      {
        job,
        testConnection: () => {
          ran.push('test');
          return steps([]);
        },
      },
    );
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'JOB_KIND_UNSUPPORTED' } });
    expect(ran).toEqual([]);
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

import { describe, expect, it } from 'vitest';
import { jobsOf } from '../../test/support/connector-jobs.ts';
import { MemoryCatalog, step } from '../../test/support/memory-catalog.ts';
import type { Extracted } from '../connectors/connector.ts';
import type { RunId } from '../../foundation/src/domain/ids.ts';
import type { LogRecord, OutcomeRecord, RunRecord } from '../../foundation/src/domain/record.ts';
import type { MetadataSink } from '../../openmetadata/src/sink/records.ts';
import { silentLogger } from '../../foundation/src/logging/logger.ts';
import { untilAborted } from '../../foundation/src/runtime/abort.ts';
import { systemClock } from '../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { systemRandom } from '../../foundation/src/runtime/random.ts';
import { runAttempt } from './run-attempt.ts';
import { Stop } from './stop.ts';

const busy = new RunnerError('SINK_BUSY', 'come back later');

const table: Extracted = {
  kind: 'entity',
  type: 'table',
  fqn: 'crm.default.salesforce.A',
  request: { name: 'A', description: 'the word is swordfish' },
};
const failure: Extracted = {
  kind: 'failure',
  failure: {
    name: 'B',
    code: 'SINK_FORBIDDEN',
    message: 'no',
    remedy: 'ask',
    retryable: false,
  },
};
const server = {
  sink: { type: 'metadata-rest' },
  workflowConfig: { openMetadataServerConfig: { hostPort: 'https://catalog.test/api' } },
};

interface Run {
  readonly outcome: OutcomeRecord;
  readonly written: readonly RunRecord[];
}

async function run(
  extracted: readonly (Extracted | Error)[],
  catalog: MetadataSink | undefined,
  document: object = server,
  stop = new Stop(),
): Promise<Run> {
  const lines: string[] = [];
  async function* extract(): AsyncGenerator<Extracted> {
    for (const record of extracted) {
      if (record instanceof Error) throw record;
      yield await Promise.resolve(record);
    }
  }
  const workflow = {
    source: {
      type: 'salesforce',
      serviceName: 'crm',
      serviceConnection: { config: {} },
      sourceConfig: { config: {} },
    },
    workflowConfig: {},
    ...document,
  };
  const outcome = await runAttempt({
    job: {
      ref: { runId: 'r' as RunId, attempt: 1, epoch: 1 },
      kind: 'metadata',
      workflow: JSON.stringify(workflow),
      deadlineMs: 60_000,
    },
    connectors: [
      {
        type: 'Salesforce',
        secretFields: [],
        endpoints: () => [],
        ownNames: () => [],
        jobs: jobsOf({ metadata: extract }),
      },
    ],
    openAccess: () =>
      Promise.resolve({
        secrets: new Map(),
        connect: () => Promise.reject(busy),
        admitOrganization: () => Promise.resolve(),
        noteFailedSignIn: () => Promise.resolve(),
        protect: () => undefined,
        limits: {
          reservePercent: 20,
          maxApiCallsPerRun: undefined,
          counts: true,
          sampleRows: false,
          codeText: false,
          profile: false,
          owners: false,
        },
        ...(catalog === undefined ? {} : { openSink: () => catalog }),
      }),
    redact: (line) => line.replaceAll('swordfish', '[secret]'),
    stop,
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    onProgress: () => undefined,
    sink: {
      write: async (line) => void lines.push(line.toString()),
      flush: () => Promise.resolve(),
    },
  });
  return { outcome, written: lines.map((line) => JSON.parse(line) as RunRecord) };
}

describe('an OpenMetadata sink in addition to the stream', () => {
  it('gets its records without any secret, and is closed', async () => {
    const catalog = new MemoryCatalog();
    const { outcome, written } = await run([table, failure], catalog);
    expect(catalog.records).toEqual([
      { ...table, request: { name: 'A', description: 'the word is [secret]' } },
    ]);
    expect(written.map(({ kind }) => kind)).toEqual(['entity', 'failure', 'outcome']);
    expect(outcome).toMatchObject({
      counts: { entities: 1, written: 1, failures: 1 },
      steps: [{ name: 'Salesforce' }, { name: 'OpenMetadata' }],
    });
    expect(catalog.closed).toBe(true);
  });

  it.each([
    [true, 1],
    [false, 0],
  ])(
    'has no owners of columns, which a run with includeOwners (%s) logs',
    async (includeOwners, lines) => {
      const source = {
        type: 'salesforce',
        serviceName: 'crm',
        serviceConnection: { config: {} },
        sourceConfig: { config: { includeOwners } },
      };
      const { written } = await run([table], new MemoryCatalog(), { ...server, source });
      expect(
        written.filter(
          (record) =>
            record.kind === 'log' && record.message.startsWith('includeOwners has no effect'),
        ),
      ).toHaveLength(lines);
    },
  );

  it('receives the outcome of the extraction', async () => {
    const catalog = new MemoryCatalog();
    await run([table, new RunnerError('NETWORK_TIMEOUT', 'later')], catalog);
    expect(catalog.outcome).toMatchObject({
      status: 'failed',
      steps: [{ name: 'Salesforce', records: 1 }],
    });
    expect(catalog.closed).toBe(true);
  });

  it('makes the outcome only worse', async () => {
    const report = {
      counts: { failed: 3, written: 1 },
      failures: [{ name: 'A', ...busy.toFailure() }],
      step: { ...step, errors: 3 },
    };
    const { outcome } = await run(
      [table],
      new MemoryCatalog({ ...report, status: 'partialSuccess' }),
    );
    expect(outcome).toMatchObject({
      status: 'partialSuccess',
      counts: { failures: 3, written: 1 },
      failures: [{ name: 'A', code: 'SINK_BUSY' }],
    });
    expect(outcome.counts).not.toHaveProperty('failed');
    const broken = await run(
      [table, new RunnerError('NETWORK_TIMEOUT', 'later')],
      new MemoryCatalog({ error: busy.toFailure() }),
    );
    expect(broken.outcome).toMatchObject({ status: 'failed', error: { code: 'NETWORK_TIMEOUT' } });
  });

  it('ends the extraction when it fails permanently', async () => {
    const catalog = new MemoryCatalog();
    catalog.write = () => Promise.reject(busy);
    const { outcome, written } = await run([table, table, table], catalog);
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'SINK_BUSY' } });
    expect(written).toHaveLength(2);
    expect(catalog.outcome?.status).toBe('failed');
  });

  it('is aborted and closed if it hangs at the end when the run is stopped', async () => {
    const stop = new Stop();
    const catalog = new MemoryCatalog();
    catalog.finish = async (_outcome, signal) => {
      stop.request('cancelled', new RunnerError('CANCELLED', 'enough').toFailure());
      const error = await untilAborted(new Promise<never>(() => undefined), signal).catch(
        (thrown: unknown) => RunnerError.from(thrown),
      );
      return { status: 'cancelled', counts: {}, failures: [], error: error.toFailure(), step };
    };
    const { outcome } = await run([table], catalog, server, stop);
    expect(outcome).toMatchObject({ status: 'cancelled', error: { code: 'CANCELLED' } });
    expect(catalog.closed).toBe(true);
  });
});

describe('a worker’s job that names a sink', () => {
  const notices = ({ written }: Run): readonly LogRecord[] =>
    written
      .filter((record) => record.kind === 'log')
      .filter(({ message }) => message.includes('sink'));

  it('runs without the sink, and logs this', async () => {
    const ended = await run([table], undefined);
    expect(ended.outcome.status).toBe('success');
    expect(notices(ended)).toMatchObject([{ level: 'info' }]);
  });

  it.each([
    ['none', {}],
    ['the catalog it came from', { sink: { type: 'metadata-rest', config: {} } }],
  ])('says nothing when it is %s', async (_what, document) => {
    expect(notices(await run([table], undefined, document))).toEqual([]);
  });
});

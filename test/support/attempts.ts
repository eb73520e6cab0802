import type { Connector, Extracted } from '../../src/connectors/connector.ts';
import type { RunId } from '../../foundation/src/domain/ids.ts';
import type {
  FailedStep,
  OutcomeRecord,
  PassedStep,
  RunRecord,
  StepRecord,
} from '../../foundation/src/domain/record.ts';
import { silentLogger } from '../../foundation/src/logging/logger.ts';
import { systemClock } from '../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { systemRandom } from '../../foundation/src/runtime/random.ts';
import type { RecordSink } from '../../src/worker/record-sink.ts';
import { type AttemptOptions, runAttempt } from '../../src/worker/run-attempt.ts';
import { Stop } from '../../src/worker/stop.ts';
import { jobsOf } from './connector-jobs.ts';

export const workflow = {
  source: {
    type: 'salesforce',
    serviceName: 'crm',
    serviceConnection: { config: { type: 'Salesforce' } },
    sourceConfig: { config: {} },
  },
  workflowConfig: {},
};

export type Jobs = Connector['jobs'];

export class MemorySink implements RecordSink {
  readonly lines: string[] = [];
  flushed = false;

  async write(line: Buffer): Promise<void> {
    await Promise.resolve();
    this.lines.push(line.toString());
  }

  flush(): Promise<void> {
    this.flushed = true;
    return Promise.resolve();
  }

  get records(): RunRecord[] {
    return this.lines.map((line) => JSON.parse(line) as RunRecord);
  }
}

export function table(name: string, request: Record<string, unknown> = {}): Extracted {
  return {
    kind: 'entity',
    type: 'table',
    fqn: `crm.default.salesforce.${name}`,
    request: { name, ...request },
  };
}

export function failed(name: string): Extracted {
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

export function connector(
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

type SomeStep = Partial<PassedStep> | Pick<FailedStep, 'passed' | 'mandatory' | 'error'>;

export async function* steps(records: readonly SomeStep[]): AsyncGenerator<StepRecord> {
  const base = { kind: 'step', name: 'S', description: '', mandatory: true, message: '' } as const;
  for (const record of records)
    yield await Promise.resolve(
      record.passed === false ? { ...base, ...record } : { ...base, passed: true, ...record },
    );
}

export async function* yielding(records: readonly Extracted[]): AsyncGenerator<Extracted> {
  for (const record of records) yield await Promise.resolve(record);
}

export async function attempt(
  extract: Jobs['metadata'],
  options: Partial<AttemptOptions> & {
    document?: unknown;
    testConnection?: Jobs['test_connection'];
  } = {},
  reportCalls: (made: number, isOver: boolean) => void = () => undefined,
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
        admitOrganization: () => Promise.resolve(),
        noteFailedSignIn: () => Promise.resolve(),
        protect: () => undefined,
        reportCalls: (made, isOver) => Promise.resolve(reportCalls(made, isOver)),
        limits: {
          reservePercent: 20,
          maxApiCallsPerRun: undefined,
          counts: true,
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

export const withThreshold = (successThreshold: number): unknown => ({
  ...workflow,
  workflowConfig: { successThreshold },
});

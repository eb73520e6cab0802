import { JOB_TRAITS, type Job, type JobKind } from '../domain/job.ts';
import type { Progress } from '../domain/progress.ts';
import type { FailureRecord, LogLevel, OutcomeRecord, RunRecord } from '../domain/record.ts';
import type { Connector, ConnectorContext } from '../connectors/connector.ts';
import type { Logger } from '../observability/logger.ts';
import type { Workflow } from '../openmetadata/workflow.ts';
import { namesSink } from '../openmetadata/catalogue-server.ts';
import type { MetadataSink } from '../openmetadata/sink/records.ts';
import { aborted, untilAborted, withDeadline } from '../runtime/abort.ts';
import type { Clock } from '../runtime/clock.ts';
import { RunnerError } from '../runtime/errors.ts';
import type { Random } from '../runtime/random.ts';
import { createCutText } from '../redaction/cut-text.ts';
import { createAttemptLog } from './attempt-log.ts';
import { AttemptMemory } from './attempt-memory.ts';
import { type JobDocument, logLevelOf, parseJobDocument } from './job-document.ts';
import { MetadataDelivery } from './metadata-sink.ts';
import { describeError, outwardError } from './outward-error.ts';
import type { RecordSink } from './record-sink.ts';
import { RecordStream } from './record-stream.ts';
import { type MemoryFile, revisionAfter } from './run-memory.ts';
import type { Stop } from './stop.ts';
import { type OpenOutcome, Tally } from './tally.ts';

/** What the customer's policy lets this job use. */
export interface Access extends Pick<
  ConnectorContext,
  'secrets' | 'connect' | 'protect' | 'limits' | 'stateDirectory'
> {
  /** What the last run is remembered by; absent where every run must be whole. */
  readonly memory?: MemoryFile;
  /** Opens the sink that the workflow names; absent where records go to the stream alone. */
  readonly openSink?: (
    means: Pick<ConnectorContext, 'logger' | 'clock' | 'random'>,
  ) => MetadataSink;
}

export interface AccessRequest {
  readonly kind: JobKind;
  /** The job's document as it came: what `workflow` leaves out may still hold a reference. */
  readonly document: unknown;
  readonly workflow: Workflow;
  readonly connector: Connector;
}

export interface AttemptOptions {
  readonly job: Job;
  readonly connectors: readonly Connector[];
  /** Asks the policy and prepares secrets and connections. Throws POLICY_DENIED and the codes of secrets. */
  readonly openAccess: (request: AccessRequest) => Promise<Access>;
  /** Everything that is written goes through it, a line at a time. */
  readonly redact: (line: string) => string;
  readonly sink: RecordSink;
  readonly stop: Stop;
  readonly clock: Clock;
  readonly random: Random;
  /** The log of this machine; what it is given may hold details that must not leave. */
  readonly logger: Logger;
  readonly onProgress: (progress: Progress) => void;
}

/** How long a sink may take for the outcome of a run that was asked to end. Shorter than the time after which a stopped worker is killed. */
const LAST_WORDS_MS = 8000;
/** How long a connector may take to let go after it was stopped. */
const LETTING_GO_MS = 2000;

const never = new AbortController().signal;

/**
 * One attempt from job to outcome. Resolves with the outcome, written last and flushed, whatever happened before;
 * rejects only when the sink does not take it.
 */
export async function runAttempt(options: AttemptOptions): Promise<OutcomeRecord> {
  const stream = new RecordStream(options.sink, options.redact, options.clock);
  const attempt = new Attempt(options, stream);
  const outcome = await attempt.run();
  const written = await writeLast(options, (signal) => stream.end(outcome, signal));
  await attempt.remember(written.outcome, revisionAfter(options.job.ref, written.line));
  return written.outcome;
}

/** A full disk may keep an outcome waiting as long as the run may take; after a request to end, not for long. */
async function writeLast<T>(
  { stop, clock }: AttemptOptions,
  write: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const written = new AbortController();
  const over = new AbortController();
  void aborted(AbortSignal.any([stop.signal, written.signal]))
    .then(() => clock.sleep(LAST_WORDS_MS, written.signal))
    .then(
      () =>
        over.abort(
          new RunnerError(
            'DEADLINE_EXCEEDED',
            `writing the outcome took longer than ${LAST_WORDS_MS} ms`,
          ),
        ),
      () => undefined,
    );
  try {
    return await untilAborted(write(over.signal), over.signal);
  } finally {
    written.abort();
  }
}

class Attempt {
  readonly #options: AttemptOptions;
  readonly #stream: RecordStream;
  readonly #tally: Tally;
  readonly #signal: AbortSignal;
  #step = 'Source';
  #ownNames: readonly string[] = [];
  #delivery: MetadataDelivery | undefined;
  #memory: AttemptMemory | undefined;

  constructor(options: AttemptOptions, stream: RecordStream) {
    this.#options = options;
    this.#stream = stream;
    this.#tally = new Tally(options.job.kind, options.clock.now());
    this.#signal = options.stop.signal;
  }

  async run(): Promise<OpenOutcome> {
    const ended = new AbortController();
    void this.#expire(AbortSignal.any([ended.signal, this.#signal]));
    try {
      const outcome = await this.#deliver(await this.#extract());
      const builtOn = this.#memory?.builtOn;
      return builtOn === undefined ? outcome : { ...outcome, builtOn };
    } finally {
      ended.abort();
      await this.#delivery?.close();
    }
  }

  /** Lets the next run go by this one, whose outcome is safe by now, if the catalog gets to be in the state that it leads to. */
  async remember({ status }: OutcomeRecord, revision: string): Promise<void> {
    if (status !== 'success' && status !== 'partialSuccess') return;
    try {
      await this.#memory?.commit(revision);
    } catch (thrown) {
      this.#options.logger.log(
        'warn',
        'what the next run could go by was not kept; it will read everything',
        describeError(thrown),
      );
    }
  }

  async #extract(): Promise<OpenOutcome> {
    try {
      const document = parseJobDocument(this.#options.job.workflow);
      const { workflow } = document;
      const connector = this.#connectorFor(workflow);
      this.#step = connector.type;
      await this.#work(document, connector);
      return this.#tally.finished(
        workflow.workflowConfig.successThreshold,
        this.#options.clock.now(),
        this.#step,
      );
    } catch (thrown) {
      return this.#broken(thrown);
    }
  }

  /** Waits for the catalogue to have everything, or for the run to be stopped. */
  async #deliver(outcome: OpenOutcome): Promise<OpenOutcome> {
    return this.#delivery === undefined ? outcome : this.#delivery.finish(outcome, this.#signal);
  }

  async #expire(signal: AbortSignal): Promise<void> {
    const { clock, job, stop } = this.#options;
    await clock.sleep(job.deadlineMs, signal).then(
      () =>
        stop.request(
          'expired',
          new RunnerError(
            'DEADLINE_EXCEEDED',
            `the run took longer than the ${job.deadlineMs} ms it may`,
          ).toFailure(),
        ),
      () => undefined,
    );
  }

  #connectorFor(workflow: Workflow): Connector {
    const { connectors } = this.#options;
    const wanted = workflow.source.type.toLowerCase();
    const connector = connectors.find(({ type }) => type.toLowerCase() === wanted);
    if (connector !== undefined) return connector;
    const offered = connectors.map(({ type }) => type).join(', ');
    throw new RunnerError(
      'JOB_INVALID',
      'source.type names a source this runner has no connector for',
      { remedy: `This runner has: ${offered}.` },
    );
  }

  async #work({ document, workflow }: JobDocument, connector: Connector): Promise<void> {
    const level = logLevelOf(workflow);
    const logger = this.#logger(level, () => this.#tally.count('warnings', 1));
    const { clock, random, job } = this.#options;
    const work = workOf(job.kind, connector);
    const { openSink, memory, ...access } = await untilAborted(
      this.#options.openAccess({ kind: job.kind, document, workflow, connector }),
      this.#signal,
    );
    this.#ownNames = connector.ownNames(workflow);
    this.#stream.keepNames(this.#ownNames);
    if (openSink !== undefined)
      this.#delivery = new MetadataDelivery(
        openSink({ logger: this.#logger(level), clock, random }),
        clock,
      );
    const notice = openSink === undefined ? noticeWithoutSink : noticeWithSink;
    if (JOB_TRAITS[job.kind].bringsEntities) notice(workflow, logger);
    if (memory !== undefined) this.#memory = new AttemptMemory(memory, job.catalogRevision, logger);
    const context: ConnectorContext = {
      ...access,
      ...(this.#memory === undefined ? {} : { memory: this.#memory }),
      workflow,
      logger,
      clock,
      random,
      cut: createCutText(this.#options.redact),
      report: this.#options.onProgress,
      count: (name, by) => this.#tally.count(name, by),
    };
    await this.#writeAll(work(context, this.#signal)[Symbol.asyncIterator]());
  }

  #logger(level: LogLevel, onWarning?: () => void): Logger {
    const emit = (record: Parameters<RecordStream['log']>[0]): void =>
      this.#stream.log(record, this.#signal);
    return createAttemptLog({
      clock: this.#options.clock,
      level,
      local: this.#options.logger,
      emit,
      ...(onWarning === undefined ? {} : { onWarning }),
    });
  }

  /** The sink's pace is the connector's pace; a connector that does not hear the signal is left behind. */
  async #writeAll(records: AsyncIterator<RunRecord>): Promise<void> {
    try {
      for (;;) {
        const next = await untilAborted(records.next(), this.#signal);
        if (next.done === true) return;
        await this.#write(next.value);
      }
    } catch (thrown) {
      await this.#letGo(records);
      throw thrown;
    }
  }

  async #write(record: RunRecord): Promise<void> {
    const line = await this.#stream.write(record, this.#signal);
    if (line !== undefined) {
      this.#tally.add(record);
      return this.#delivery?.write(line, this.#signal);
    }
    if (record.kind === 'entity') this.#memory?.noteWithheld(record.fqn);
    const failure: FailureRecord = {
      kind: 'failure',
      failure: {
        ...withheld.toFailure(),
        name:
          record.kind !== 'entity'
            ? record.kind
            : this.#ownNames.includes(record.fqn)
              ? record.type
              : record.fqn,
      },
    };
    if ((await this.#stream.write(failure, this.#signal)) !== undefined) this.#tally.add(failure);
    else
      this.#tally.add({ kind: 'failure', failure: { ...withheld.toFailure(), name: record.kind } });
  }

  async #letGo(records: AsyncIterator<RunRecord>): Promise<void> {
    const closing = Promise.resolve(records.return?.()).then(
      () => undefined,
      () => undefined,
    );
    await withDeadline(
      'letting go',
      LETTING_GO_MS,
      this.#options.clock,
      never,
      () => closing,
    ).catch(() => undefined);
  }

  #broken(thrown: unknown): OpenOutcome {
    const error = outwardError(thrown);
    this.#options.logger.log(
      this.#signal.aborted ? 'warn' : 'error',
      'the attempt ended early',
      describeError(thrown),
    );
    return this.#tally.broken(
      this.#options.stop.status ?? 'failed',
      error.toFailure(),
      this.#options.clock.now(),
      this.#step,
    );
  }
}

const withheld = new RunnerError(
  'ENTITY_INVALID',
  'a record is too large to be delivered, or redaction left nothing of it',
);

function noticeWithoutSink(workflow: Workflow, logger: Logger): void {
  if (namesSink(workflow))
    logger.log(
      'info',
      'The sink that the workflow names is not used: the results go where this run was told to put them',
    );
  if (workflow.source.sourceConfig.config['overrideMetadata'] === true)
    logger.log('info', 'overrideMetadata has no effect: this run writes to no catalogue itself');
}

function noticeWithSink(workflow: Workflow, logger: Logger): void {
  if (workflow.source.sourceConfig.config['includeOwners'] === true)
    logger.log(
      'info',
      'includeOwners does not reach the server: the source has owners of columns, and OpenMetadata has a place for those of tables alone',
    );
}

type Work = (context: ConnectorContext, signal: AbortSignal) => AsyncIterable<RunRecord>;

/** Throws JOB_KIND_UNSUPPORTED for a kind that nobody has taught this program, before a secret is touched. */
function workOf(kind: JobKind, connector: Connector): Work {
  switch (kind) {
    case 'metadata':
      return (context, signal) => connector.extract(context, signal);
    case 'test_connection':
      return (context, signal) => connector.testConnection(context, signal);
    default:
      return unsupported(kind);
  }
}

function unsupported(kind: never): never {
  throw new RunnerError(
    'JOB_KIND_UNSUPPORTED',
    `this runner has no work for jobs of kind ${JSON.stringify(kind)}`,
  );
}

import { formatDuration } from '../config/values/units.ts';
import type { Connector, ConnectorContext, JobWork } from '../connectors/connector.ts';
import { jobWork } from '../connectors/job-work.ts';
import { yieldsEntities, type Job } from '../../foundation/src/domain/job.ts';
import type { Progress } from '../../foundation/src/domain/progress.ts';
import type { LogLevel, OutcomeRecord } from '../../foundation/src/domain/record.ts';
import type { Logger } from '../../foundation/src/logging/logger.ts';
import { noMetrics, type Metrics } from '../../foundation/src/logging/metrics.ts';
import type { Workflow } from '../../openmetadata/src/workflow.ts';
import { untilAborted } from '../../foundation/src/runtime/abort.ts';
import type { Clock } from '../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { runAfter } from '../../foundation/src/runtime/wait.ts';
import type { Random } from '../../foundation/src/runtime/random.ts';
import { createCutText } from '../redaction/cut-text.ts';
import type { Access, OpenAccess } from './access.ts';
import { createAttemptLog } from './attempt-log.ts';
import { AttemptStateStore } from './attempt-state-store.ts';
import { AttemptSummary, type OpenOutcome } from './attempt-summary.ts';
import { countCalls, setAllocation } from './call-metrics.ts';
import { CallReports } from './call-reports.ts';
import { connectorFor } from './connector-choice.ts';
import { consumeRecords } from './consume-records.ts';
import { errorChain, outwardError } from './error-texts.ts';
import { type JobDocument, logLevelOf, parseJobDocument } from './job-document.ts';
import { MetadataDelivery } from './metadata-delivery.ts';
import type { RecordSink } from './record-sink.ts';
import { RecordEncoder } from './record-encoder.ts';
import { RecordStream } from './record-stream.ts';
import { RecordWriter } from './record-writer.ts';
import { RunProgress } from './run-progress.ts';
import { revisionAfter } from './state-file.ts';
import { logIgnoredOptions } from './sink-notices.ts';
import type { Stop } from './stop.ts';
import { writeOutcome } from './write-outcome.ts';

export interface AttemptOptions {
  readonly job: Job;
  readonly connectors: readonly Connector[];
  readonly openAccess: OpenAccess;
  /** Applied to every line that is written. */
  readonly redact: (line: string) => string;
  readonly sink: RecordSink;
  readonly stop: Stop;
  readonly clock: Clock;
  readonly random: Random;
  /** The log of this machine; it may receive details that must not leave. */
  readonly logger: Logger;
  readonly metrics?: Metrics;
  readonly onProgress: (progress: Progress) => void;
}

/**
 * One attempt from job to outcome. Resolves with the outcome, written last and flushed, in every
 * case; rejects only when the sink does not accept it.
 */
export async function runAttempt(options: AttemptOptions): Promise<OutcomeRecord> {
  const encoder = new RecordEncoder();
  const stream = new RecordStream(options.sink, encoder, options.redact, options.clock);
  const attempt = new Attempt(options, stream, encoder);
  const outcome = await attempt.run();
  const written = await writeOutcome(options, (signal) => stream.end(outcome, signal));
  await attempt.saveState(written.outcome, revisionAfter(options.job.ref, written.line));
  return written.outcome;
}

class Attempt {
  readonly #options: AttemptOptions;
  readonly #stream: RecordStream;
  readonly #encoder: RecordEncoder;
  readonly #summary: AttemptSummary;
  readonly #signal: AbortSignal;
  /** The name of the step in the outcome: the connector's, once that is known. */
  #step = 'Source';
  #delivery: MetadataDelivery | undefined;
  #calls: CallReports | undefined;
  #stateStore: AttemptStateStore | undefined;

  constructor(options: AttemptOptions, stream: RecordStream, encoder: RecordEncoder) {
    this.#options = options;
    this.#stream = stream;
    this.#encoder = encoder;
    this.#summary = new AttemptSummary(options.job.kind, options.clock.now());
    this.#signal = options.stop.signal;
  }

  async run(): Promise<OpenOutcome> {
    const ended = new AbortController();
    this.#expire(AbortSignal.any([ended.signal, this.#signal]));
    try {
      const extracted = await this.#extract();
      const outcome = (await this.#delivery?.finish(extracted, this.#signal)) ?? extracted;
      const builtOn = this.#stateStore?.builtOn;
      return builtOn === undefined ? outcome : { ...outcome, builtOn };
    } finally {
      ended.abort();
      await this.#delivery?.close();
      await this.#calls?.end();
    }
  }

  /**
   * Saves the incremental state for the next run. Call it when the outcome is safe. `revision` is
   * the catalog's after this run.
   */
  async saveState({ status }: OutcomeRecord, revision: string): Promise<void> {
    if (status !== 'success' && status !== 'partialSuccess') return;
    try {
      await this.#stateStore?.commit(revision);
    } catch (thrown) {
      this.#options.logger.log(
        'warn',
        'failed to save incremental state; the next run will be a full run',
        errorChain(thrown),
      );
    }
  }

  async #extract(): Promise<OpenOutcome> {
    const { job, connectors, clock } = this.#options;
    try {
      const document = parseJobDocument(job.workflow);
      const { workflow } = document;
      const connector = connectorFor(workflow, connectors);
      this.#step = connector.type;
      await this.#runJob(document, connector);
      const { successThreshold } = workflow.workflowConfig;
      return this.#summary.completed(successThreshold, clock.now(), this.#step);
    } catch (thrown) {
      return this.#endedEarly(thrown);
    }
  }

  async #runJob({ document, workflow }: JobDocument, connector: Connector): Promise<void> {
    const { job, clock, openAccess } = this.#options;
    const request = { kind: job.kind, ref: job.ref, signature: job.signature };
    const work: JobWork = jobWork(connector, job.kind);
    const signal = this.#signal;
    const access = await untilAborted(
      openAccess({ ...request, document, workflow, connector, signal }),
      signal,
    );
    const ownNames = connector.ownNames(workflow);
    this.#stream.keepNames(ownNames);
    const context = this.#open(access, workflow, connector.type);
    const writer = new RecordWriter({
      stream: this.#stream,
      summary: this.#summary,
      delivery: this.#delivery,
      stateStore: this.#stateStore,
      ownNames,
    });
    const records = work(context, this.#signal)[Symbol.asyncIterator]();
    const write = (record: Parameters<RecordWriter['write']>[0]): Promise<void> =>
      writer.write(record, this.#signal);
    await consumeRecords(records, write, clock, this.#signal);
  }

  /** Opens the sink and the previous run's state, and makes the connector's context. */
  #open(
    { openSink, stateStore, reportCalls, ...access }: Access,
    workflow: Workflow,
    type: string,
  ): ConnectorContext {
    const { clock, random, job, redact, metrics = noMetrics } = this.#options;
    const progress = new RunProgress(this.#options.onProgress, clock);
    const calls = this.#countCalls(reportCalls);
    const level = logLevelOf(workflow);
    const logger = this.#logger(level, () => this.#summary.count('warnings', 1));
    if (openSink !== undefined) {
      const onProgress = progress.fromSink.bind(progress);
      const sink = openSink({ logger: this.#logger(level), clock, random, onProgress });
      this.#delivery = new MetadataDelivery(sink, clock);
    }
    if (yieldsEntities(job.kind)) logIgnoredOptions(workflow, openSink !== undefined, logger);
    if (stateStore !== undefined)
      this.#stateStore = new AttemptStateStore(stateStore, job.catalogRevision, logger);
    return {
      ...access,
      ...(this.#stateStore === undefined ? {} : { stateStore: this.#stateStore }),
      workflow,
      logger,
      clock,
      random,
      cut: createCutText(redact),
      encode: (record) => this.#encoder.preview(record),
      report: (each) => progress.fromSource(each),
      count: (name, by) => {
        this.#summary.count(name, by);
        if (name === 'apiCalls') calls.charged(by);
        countCalls(metrics, type, name, by);
      },
      admitCall: (signal) => calls.admit(signal),
      noteAllocation: (allocation) => setAllocation(metrics, type, allocation),
    };
  }

  #countCalls(report: Access['reportCalls']): CallReports {
    const { clock, logger } = this.#options;
    const onFailing = (error: RunnerError): void =>
      logger.log('warn', 'failed to count API calls; the run waits', errorChain(error));
    this.#calls = new CallReports({ report, clock, onFailing });
    return this.#calls;
  }

  #logger(level: LogLevel, onWarning?: () => void): Logger {
    const { clock, logger } = this.#options;
    return createAttemptLog({
      clock,
      level,
      local: logger,
      emit: (record) => this.#stream.log(record, this.#signal),
      ...(onWarning === undefined ? {} : { onWarning }),
    });
  }

  #expire(signal: AbortSignal): void {
    const { clock, job, stop } = this.#options;
    const expired = new RunnerError(
      'DEADLINE_EXCEEDED',
      `the run exceeded its deadline of ${formatDuration(job.deadlineMs)}`,
    );
    const expire = (): void => stop.request('expired', expired.toFailure());
    runAfter(clock, job.deadlineMs, expire, signal);
  }

  #endedEarly(thrown: unknown): OpenOutcome {
    const { logger, stop, clock } = this.#options;
    const level = this.#signal.aborted ? 'warn' : 'error';
    logger.log(level, 'attempt ended early', errorChain(thrown));
    const failure = outwardError(thrown).toFailure();
    return this.#summary.endedEarly(stop.status ?? 'failed', failure, clock.now(), this.#step);
  }
}

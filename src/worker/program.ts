import type { Writable } from 'node:stream';
import type { Connector } from '../connectors/connector.ts';
import type { LogLevel, OutcomeRecord } from '../../foundation/src/domain/record.ts';
import type { LogData, Logger } from '../../foundation/src/logging/logger.ts';
import type { Metrics } from '../../foundation/src/logging/metrics.ts';
import { NEVER } from '../../foundation/src/runtime/abort.ts';
import { createRedactor, type Redactor } from '../redaction/redactor.ts';
import type { Clock } from '../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import type { Random } from '../../foundation/src/runtime/random.ts';
import type { ToWorker } from '../../foundation/src/runtime/worker-messages.ts';
import type { Disk } from '../../foundation/src/runtime/disk.ts';
import { SpoolWriter } from '../spool/writer.ts';
import type { OpenAccess } from './access.ts';
import { errorChain } from './error-texts.ts';
import { WorkerFigures } from './figures.ts';
import { LeaseWatch } from './lease-watch.ts';
import { createPortLog, LinkPort } from './link-port.ts';
import { Phases } from './phases.ts';
import { ProgressReporter } from './progress-reporter.ts';
import { runAttempt } from './run-attempt.ts';
import { SpoolSink } from './spool-sink.ts';
import { Stop } from './stop.ts';
import { StrayOutput } from './stray-output.ts';

/*
 * A worker process runs one attempt, then it ends. It accepts its job only from the process that
 * started it, and ends with that process. It never works past its lease, even when that process is
 * stopped and can neither end it nor renew the lease.
 */

const EXIT_LINK_GONE = 75;
const EXIT_LEASE_LOST = 76;
const EXIT_DEFECT = 70;

type Start = Extract<ToWorker, { type: 'start' }>;

export interface WorkerDeps {
  readonly clock: Clock;
  readonly random: Random;
  /** The disk of the spool. */
  readonly disk: Disk;
  readonly connectors: readonly Connector[];
  /**
   * The process's output streams. Nothing should be written there; anything that is goes to the
   * local log, redacted.
   */
  readonly output: readonly Writable[];
  /**
   * Composes access to policy, secrets and network from the settings that came with the job. Throws
   * for invalid settings.
   */
  readonly prepare: (
    settings: unknown,
    redactor: Redactor,
    createLog: (level: LogLevel) => Logger,
    metrics: Metrics,
  ) => Prepared;
}

export interface Prepared {
  readonly openAccess: OpenAccess;
  /** The local log. */
  readonly logger: Logger;
}

/**
 * Serves the link through `host`, the process that the link started, and ends `host` when the
 * attempt is over. Throws USAGE in a process that was not started by a link.
 */
export function runWorker(host: NodeJS.Process, deps: WorkerDeps): void {
  new WorkerProgram(host, deps).listen();
}

class WorkerProgram {
  readonly #host: NodeJS.Process;
  readonly #deps: WorkerDeps;
  readonly #port: LinkPort;
  readonly #stop = new Stop();
  readonly #redactor = createRedactor();
  readonly #redact = (line: string): string => this.#redactor.redact(line);
  readonly #strayOutput: StrayOutput;
  readonly #lease: LeaseWatch;
  readonly #figures: WorkerFigures;
  #sink: SpoolSink | undefined;

  constructor(host: NodeJS.Process, deps: WorkerDeps) {
    this.#host = host;
    this.#deps = deps;
    this.#port = new LinkPort(host);
    this.#strayOutput = new StrayOutput(deps.output, this.#redact);
    this.#lease = new LeaseWatch(deps.clock);
    this.#figures = new WorkerFigures(() => host.memoryUsage.rss());
  }

  listen(): void {
    this.#port.onDisconnect(() => this.#linkGone());
    this.#host.on('uncaughtException', (thrown) => this.#crash(thrown));
    this.#port.onMessage((message) => this.#handle(message));
    this.#port.send({ type: 'ready' });
  }

  #handle(message: ToWorker): void {
    switch (message.type) {
      case 'start':
        return this.#start(message);
      case 'stop':
        return this.#stop.request(message.status, message.reason);
      case 'lease':
        return this.#lease.until(message.endsAt);
      case 'pause':
        return this.#sink?.setPaused(message.paused);
    }
  }

  #start(start: Start): void {
    if (this.#sink !== undefined) return;
    const { disk, clock } = this.#deps;
    const { directory, segmentBytes } = start;
    const writer = new SpoolWriter({ disk, directory, clock, segmentBytes });
    const sink = new SpoolSink(writer);
    this.#sink = sink;
    sink.setPaused(start.paused);
    void this.#endWithLease(createPortLog(this.#port, this.#redact, 'warn'));
    void this.#run(start, writer, sink);
  }

  async #run(start: Start, writer: SpoolWriter, sink: SpoolSink): Promise<void> {
    const { clock, prepare } = this.#deps;
    const port = this.#port;
    const figures = this.#figures;
    const createLog = (level: LogLevel): Logger => createPortLog(port, this.#redact, level);
    const prepared = prepare(start.settings, this.#redactor, createLog, figures);
    const { logger } = prepared;
    const reporter = new ProgressReporter({ port, writer, figures, clock, logger });
    writer.onDurable((sequence) =>
      port.send({
        type: 'durable',
        sequence,
        bytes: writer.bytes,
        segment: writer.segment,
        complete: sink.isComplete(sequence),
      }),
    );
    const exitCode = await this.#attempt(start, prepared, sink, reporter);
    await reporter.end();
    await writer.close();
    this.#strayOutput.logAndClear(prepared.logger);
    await port.drain();
    this.#host.exit(exitCode);
  }

  /** Resolves with the exit code of the process. */
  async #attempt(
    { job }: Start,
    { openAccess, logger }: Prepared,
    sink: SpoolSink,
    reporter: ProgressReporter,
  ): Promise<number> {
    const { clock, random, connectors } = this.#deps;
    const phases = new Phases();
    try {
      const outcome = await runAttempt({
        job,
        connectors,
        openAccess,
        redact: this.#redact,
        sink,
        stop: this.#stop,
        logger,
        clock,
        random,
        metrics: this.#figures,
        onProgress: (progress) => {
          phases.note(progress.phase, clock.now());
          reporter.note(progress);
        },
      });
      this.#figures.ended(outcome.status, phases.ended(clock.now()));
      logger.log(OUTCOME_LEVELS[outcome.status], 'attempt ended', outcomeFields(outcome));
      return 0;
    } catch (thrown) {
      logger.log('error', 'worker ended without an outcome', errorChain(thrown));
      return EXIT_DEFECT;
    }
  }

  /** Exits at once when the lease is lost: another runner may already own the run. */
  async #endWithLease(logger: Logger): Promise<void> {
    await this.#lease.over(NEVER);
    const lost = new RunnerError('LEASE_LOST', 'the lease expired before it was renewed');
    const uptimeMs = Math.round(this.#deps.clock.uptime());
    logger.log('warn', 'lease expired; worker exits', { uptimeMs });
    this.#strayOutput.logAndClear(logger);
    this.#stop.request('interrupted', lost.toFailure());
    this.#host.exit(EXIT_LEASE_LOST);
  }

  #linkGone(): void {
    const gone = new RunnerError('RUNNER_STOPPED', 'the runner process ended');
    this.#stop.request('interrupted', gone.toFailure());
    this.#host.exit(EXIT_LINK_GONE);
  }

  #crash(thrown: unknown): void {
    const logger = createPortLog(this.#port, this.#redact, 'warn');
    this.#strayOutput.logAndClear(logger);
    logger.log('error', 'unhandled error in worker', errorChain(thrown));
    void this.#port.drain().then(() => this.#host.exit(EXIT_DEFECT));
  }
}

/** Levels of the line about the end of an attempt in the local log. */
const OUTCOME_LEVELS: Readonly<Record<OutcomeRecord['status'], LogLevel>> = {
  success: 'info',
  partialSuccess: 'warn',
  failed: 'error',
  expired: 'error',
  interrupted: 'warn',
  cancelled: 'info',
};

function outcomeFields({ status, error, counts, failures }: OutcomeRecord): LogData {
  return {
    status,
    ...(error === undefined
      ? {}
      : { code: error.code, error: error.message, remedy: error.remedy }),
    failures: failures.length,
    counts,
  };
}

import type { Writable } from 'node:stream';
import type { Connector } from '../connectors/connector.ts';
import type { Clock } from '../runtime/clock.ts';
import type { ErrorCode } from '../runtime/error-codes.ts';
import { RunnerError } from '../runtime/errors.ts';
import { aborted } from '../runtime/abort.ts';
import type { Random } from '../runtime/random.ts';
import type { ToWorker } from '../runtime/worker-messages.ts';
import type { Progress } from '../domain/progress.ts';
import type { LogLevel, OutcomeRecord } from '../domain/record.ts';
import type { LogData, Logger } from '../observability/logger.ts';
import type { Disk } from '../spool/disk.ts';
import { SpoolWriter } from '../spool/writer.ts';
import { createRedactor, type Redactor } from '../redaction/redactor.ts';
import { LeaseWatch } from './lease-watch.ts';
import { createPortLog, LinkPort } from './link-port.ts';
import { describeError } from './outward-error.ts';
import { type AttemptOptions, runAttempt } from './run-attempt.ts';
import { SpoolSink } from './spool-sink.ts';
import { Stop } from './stop.ts';
import { StrayOutput } from './stray-output.ts';

/*
 * What a worker process does: one attempt, then it ends. It takes its job from the process that started it and from
 * nowhere else; when that process is gone, so is it. It works no longer than its lease, even when that process is stopped
 * and can neither end it nor renew anything.
 */

const PROGRESS_MS = 500;
const EXIT_LINK_GONE = 75;
const EXIT_LEASE_LOST = 76;
const EXIT_DEFECT = 70;

type Start = Extract<ToWorker, { type: 'start' }>;

/** What a worker uses of the world. */
export interface WorkerMeans {
  readonly clock: Clock;
  readonly random: Random;
  /** Where the spool is. */
  readonly disk: Disk;
  readonly connectors: readonly Connector[];
  /** The process's output streams. Nothing is meant to be written there; what is goes to the local log, redacted. */
  readonly output: readonly Writable[];
  /** Makes of the settings that came with the job what stands between it and the network. Throws for settings that are none. */
  readonly prepare: (
    settings: unknown,
    redactor: Redactor,
    createLog: (level: LogLevel) => Logger,
  ) => Prepared;
}

export interface Prepared {
  readonly openAccess: AttemptOptions['openAccess'];
  /** The local log. */
  readonly logger: Logger;
}

/** Serves the process that started `host`; ends `host` when the attempt is over. Throws USAGE in a process that was not started by a link. */
export function runWorker(host: NodeJS.Process, means: WorkerMeans): void {
  const port = new LinkPort(host);
  const stop = new Stop();
  const redactor = createRedactor();
  const redact = (line: string): string => redactor.redact(line);
  const stray = new StrayOutput(means.output, redact);
  let sink: SpoolSink | undefined;
  const lease = new LeaseWatch(means.clock);
  port.onDisconnect(() => {
    stop.request(
      'interrupted',
      new RunnerError('RUNNER_STOPPED', 'the runner went away').toFailure(),
    );
    host.exit(EXIT_LINK_GONE);
  });
  host.on('uncaughtException', (thrown) => {
    const logger = createPortLog(port, redact, 'warn');
    stray.release(logger);
    logger.log('error', 'the worker met an error nobody expected', describeError(thrown));
    void port.drain().then(() => host.exit(EXIT_DEFECT));
  });
  port.onMessage((message) => {
    if (message.type === 'stop') stop.request(message.status, message.reason);
    else if (message.type === 'lease') lease.until(message.endsAt);
    else if (message.type === 'pause') sink?.setPaused(message.paused);
    else if (sink === undefined) {
      const writer = new SpoolWriter({
        disk: means.disk,
        directory: message.directory,
        clock: means.clock,
        segmentBytes: message.segmentBytes,
      });
      sink = new SpoolSink(writer);
      sink.setPaused(message.paused);
      void endWithLease({
        lease,
        stop,
        host,
        stray,
        clock: means.clock,
        logger: createPortLog(port, redact, 'warn'),
      });
      void attempt(message, { host, means, port, stop, redactor, redact, writer, sink, stray });
    }
  });
  port.send({ type: 'ready' });
}

interface LeaseEnd extends Pick<Parts, 'stop' | 'host' | 'stray'> {
  readonly lease: LeaseWatch;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** At once: whatever is still written or asked for is somebody else's to do now. */
async function endWithLease({ lease, stop, host, stray, clock, logger }: LeaseEnd): Promise<void> {
  await lease.over(new AbortController().signal);
  const lost = new RunnerError('LEASE_LOST', 'the lease ran out before it was renewed');
  logger.log('warn', 'the lease ran out; the worker ends', {
    uptimeMs: Math.round(clock.uptime()),
  });
  stray.release(logger);
  stop.request('interrupted', lost.toFailure());
  host.exit(EXIT_LEASE_LOST);
}

interface Parts {
  readonly host: NodeJS.Process;
  readonly means: WorkerMeans;
  readonly port: LinkPort;
  readonly stop: Stop;
  readonly redactor: Redactor;
  readonly redact: (line: string) => string;
  readonly writer: SpoolWriter;
  readonly sink: SpoolSink;
  readonly stray: StrayOutput;
}

async function attempt(
  start: Start,
  { host, means, port, stop, redactor, redact, writer, sink, stray }: Parts,
): Promise<void> {
  const { clock, random, connectors } = means;
  const { openAccess, logger } = means.prepare(start.settings, redactor, (level) =>
    createPortLog(port, redact, level),
  );
  const reporter = new Reporter(port, writer, clock, logger);
  writer.onDurable((sequence) =>
    port.send({
      type: 'durable',
      sequence,
      bytes: writer.bytes,
      segment: writer.segment,
      complete: sink.isComplete(sequence),
    }),
  );
  let exitCode = 0;
  try {
    const outcome = await runAttempt({
      job: start.job,
      connectors,
      openAccess,
      redact,
      sink,
      stop,
      logger,
      clock,
      random,
      onProgress: (progress) => reporter.note(progress),
    });
    logger.log(LEVELS[outcome.status], 'attempt ended', endOf(outcome));
  } catch (thrown) {
    logger.log('error', 'the worker ends without an outcome', describeError(thrown));
    exitCode = EXIT_DEFECT;
  }
  await reporter.end();
  await writer.close();
  stray.release(logger);
  await port.drain();
  host.exit(exitCode);
}

/** How the end of an attempt shows in the log of this machine. */
const LEVELS: Readonly<Record<OutcomeRecord['status'], LogLevel>> = {
  success: 'info',
  partialSuccess: 'warn',
  failed: 'error',
  expired: 'error',
  interrupted: 'warn',
  cancelled: 'info',
};

function endOf({ status, error, counts, failures }: OutcomeRecord): LogData {
  return {
    status,
    ...(error === undefined
      ? {}
      : { code: error.code, reason: error.message, remedy: error.remedy }),
    failures: failures.length,
    counts,
  };
}

/** Tells the link how far it is, twice a second at most, and whether the disk is full. */
class Reporter {
  readonly #port: LinkPort;
  readonly #writer: SpoolWriter;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #ended = new AbortController();
  readonly #loop: Promise<void>;
  #latest: Progress | undefined;
  #condition: ErrorCode | undefined;

  constructor(port: LinkPort, writer: SpoolWriter, clock: Clock, logger: Logger) {
    this.#port = port;
    this.#writer = writer;
    this.#clock = clock;
    this.#logger = logger;
    this.#loop = this.#run(this.#ended.signal);
  }

  note(progress: Progress): void {
    this.#latest = progress;
  }

  async end(): Promise<void> {
    this.#ended.abort();
    await this.#loop;
    this.#report();
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await Promise.race([
        this.#clock.sleep(PROGRESS_MS, signal).catch(() => undefined),
        aborted(signal),
      ]);
      this.#report();
    }
  }

  #report(): void {
    if (this.#latest !== undefined) this.#port.send({ type: 'progress', progress: this.#latest });
    this.#latest = undefined;
    const code = this.#writer.condition?.code;
    if (code === this.#condition) return;
    this.#condition = code;
    this.#port.send({ type: 'condition', code });
    this.#logger.log(
      'warn',
      code === undefined ? 'the attempt can write again' : 'the attempt cannot write to disk',
      { code },
    );
  }
}

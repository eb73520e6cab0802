import { systemClock } from '../runtime/clock.ts';
import type { ErrorCode } from '../runtime/error-codes.ts';
import { RunnerError } from '../runtime/errors.ts';
import { aborted } from '../runtime/abort.ts';
import { systemRandom } from '../runtime/random.ts';
import type { ToWorker } from '../runtime/worker-messages.ts';
import { CONNECTORS } from '../connectors/registry.ts';
import type { Progress } from '../domain/progress.ts';
import type { Logger } from '../observability/logger.ts';
import { nodeDisk } from '../spool/node-disk.ts';
import { SpoolWriter } from '../spool/writer.ts';
import { createRedactor, type Redactor } from '../secrets/redactor.ts';
import { composeAccess } from './compose.ts';
import { createPortLog, LinkPort } from './link-port.ts';
import { describeError } from './outward-error.ts';
import { runAttempt } from './run-attempt.ts';
import { workerSettingsSchema } from './settings.ts';
import { SpoolSink } from './spool-sink.ts';
import { Stop } from './stop.ts';

/*
 * The program of a worker process: one attempt, then it ends. It takes its job from the process that started it and
 * from nowhere else; when that process is gone, so is it. Signals meant for the service are the link's to act on.
 */

const PROGRESS_MS = 500;
const EXIT_LINK_GONE = 75;
const EXIT_DEFECT = 70;

type Start = Extract<ToWorker, { type: 'start' }>;

function settleProcess(): void {
  process.title = 'hybrid-runner worker';
  process.umask(0o077);
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
  // Node's answer to this one is to open a debugger, through which secrets could be read.
  if (process.platform !== 'win32') process.on('SIGUSR1', () => undefined);
}

function main(): void {
  settleProcess();
  const port = new LinkPort(process);
  const stop = new Stop();
  const redactor = createRedactor();
  const redact = (line: string): string => redactor.redact(line);
  let sink: SpoolSink | undefined;
  port.onDisconnect(() => {
    stop.request('interrupted', new RunnerError('RUNNER_STOPPED', 'the runner went away').toFailure());
    process.exit(EXIT_LINK_GONE);
  });
  process.on('uncaughtException', (thrown) => {
    createPortLog(port, redact, 'error').log('error', 'the worker met an error nobody expected', describeError(thrown));
    void port.drain().then(() => process.exit(EXIT_DEFECT));
  });
  port.onMessage((message) => {
    if (message.type === 'stop') stop.request(message.status, message.reason);
    else if (message.type === 'pause') sink?.setPaused(message.paused);
    else if (sink === undefined) {
      const writer = new SpoolWriter({ disk: nodeDisk, directory: message.directory, clock: systemClock });
      sink = new SpoolSink(writer);
      sink.setPaused(message.paused);
      void attempt(message, { port, stop, redactor, redact, writer, sink });
    }
  });
  port.send({ type: 'ready' });
}

interface Parts {
  readonly port: LinkPort;
  readonly stop: Stop;
  readonly redactor: Redactor;
  readonly redact: (line: string) => string;
  readonly writer: SpoolWriter;
  readonly sink: SpoolSink;
}

async function attempt(start: Start, { port, stop, redactor, redact, writer, sink }: Parts): Promise<void> {
  const settings = workerSettingsSchema.parse(start.settings);
  const logger = createPortLog(port, redact, settings.log.level);
  const reporter = new Reporter(port, writer, logger);
  writer.onDurable((sequence) => port.send({ type: 'durable', sequence, bytes: writer.bytes, complete: sink.isComplete(sequence) }));
  let exitCode = 0;
  try {
    const openAccess = composeAccess({ settings, redactor, audit: logger, env: process.env, sink: 'unused' });
    await runAttempt({
      job: start.job, connectors: CONNECTORS, openAccess, redact, sink, stop, logger,
      clock: systemClock, random: systemRandom, onProgress: (progress) => reporter.note(progress),
    });
  } catch (thrown) {
    logger.log('error', 'the worker ends without an outcome', describeError(thrown));
    exitCode = EXIT_DEFECT;
  }
  await reporter.end();
  await writer.close();
  await port.drain();
  process.exit(exitCode);
}

/** Tells the link how far it is, twice a second at most, and whether the disk is full. */
class Reporter {
  readonly #port: LinkPort;
  readonly #writer: SpoolWriter;
  readonly #logger: Logger;
  readonly #ended = new AbortController();
  readonly #loop: Promise<void>;
  #latest: Progress | undefined;
  #condition: ErrorCode | undefined;

  constructor(port: LinkPort, writer: SpoolWriter, logger: Logger) {
    this.#port = port;
    this.#writer = writer;
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
      await Promise.race([systemClock.sleep(PROGRESS_MS, signal).catch(() => undefined), aborted(signal)]);
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
    this.#logger.log('warn', code === undefined ? 'the attempt can write again' : 'the attempt cannot write to disk', { code });
  }
}

main();

import { z } from 'zod';
import { LOG_LEVELS, type LogLevel } from '../domain/record.ts';
import type { LogData, Logger } from '../observability/logger.ts';
import { RunnerError } from '../runtime/errors.ts';
import { type FromWorker, type ToWorker, toWorkerSchema } from '../runtime/worker-messages.ts';

/** Messages on their way beyond which log lines are given up, so that a busy link costs no memory here. */
const MAX_WAITING = 1000;

/** The worker's end of the line to the process that started it. */
export class LinkPort {
  readonly #process: NodeJS.Process;
  #waiting = 0;

  /** Throws USAGE in a process that was not started by a link. */
  constructor(ofProcess: NodeJS.Process) {
    if (ofProcess.send === undefined)
      throw new RunnerError('USAGE', 'this program is started by the runner, not by hand');
    this.#process = ofProcess;
  }

  onMessage(listener: (message: ToWorker) => void): void {
    this.#process.on('message', (message) => listener(toWorkerSchema.parse(message)));
  }

  onDisconnect(listener: () => void): void {
    this.#process.on('disconnect', listener);
  }

  send(message: FromWorker): void {
    if (!this.#process.connected || (message.type === 'log' && this.#waiting >= MAX_WAITING))
      return;
    this.#waiting += 1;
    this.#process.send?.(message, () => (this.#waiting -= 1));
  }

  /** Resolves when everything sent is out of this process. */
  async drain(): Promise<void> {
    await new Promise<void>((resolve) => {
      if (this.#process.connected)
        this.#process.send?.({ type: 'ready' } satisfies FromWorker, () => resolve());
      else resolve();
    });
  }
}

/** The local log, kept by the link. Every line is redacted before it leaves this process. */
export function createPortLog(
  port: LinkPort,
  redact: (line: string) => string,
  level: LogLevel,
  bound: LogData = {},
): Logger {
  return {
    log(at, message, data) {
      if (LOG_LEVELS.indexOf(at) < LOG_LEVELS.indexOf(level)) return;
      port.send({ type: 'log', level: at, ...redacted(redact, message, { ...bound, ...data }) });
    },
    child: (data) => createPortLog(port, redact, level, { ...bound, ...data }),
  };
}

const logLine = z.object({ message: z.string(), data: z.record(z.string(), z.unknown()) });

function redacted(
  redact: (line: string) => string,
  message: string,
  data: LogData,
): z.infer<typeof logLine> {
  try {
    return logLine.parse(JSON.parse(redact(JSON.stringify({ message, data }))));
  } catch {
    return { message: 'a log line was withheld: it could not be redacted', data: {} };
  }
}

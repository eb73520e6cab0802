import { z } from 'zod';
import { LOG_LEVELS, type LogLevel } from '../../foundation/src/domain/record.ts';
import type { LogData, Logger } from '../../foundation/src/logging/logger.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import {
  type FromWorker,
  type ToWorker,
  toWorkerSchema,
} from '../../foundation/src/runtime/worker-messages.ts';

/** Unsent messages beyond which log lines are dropped, so that a busy link costs no memory here. */
const MAX_UNSENT = 1000;

/** The worker's end of the IPC channel to the link. */
export class LinkPort {
  readonly #process: NodeJS.Process;
  #unsent = 0;

  /** Throws USAGE in a process that was not started by a link. */
  constructor(host: NodeJS.Process) {
    if (host.send === undefined)
      throw new RunnerError('USAGE', 'the worker program can only be started by the runner');
    this.#process = host;
  }

  onMessage(listener: (message: ToWorker) => void): void {
    this.#process.on('message', (message) => listener(toWorkerSchema.parse(message)));
  }

  onDisconnect(listener: () => void): void {
    this.#process.on('disconnect', listener);
  }

  send(message: FromWorker): void {
    if (!this.#process.connected || (message.type === 'log' && this.#unsent >= MAX_UNSENT)) return;
    this.#unsent += 1;
    this.#process.send?.(message, () => (this.#unsent -= 1));
  }

  /** Resolves when every message has left this process, which the callback of a last one tells. */
  async drain(): Promise<void> {
    await new Promise<void>((resolve) => {
      if (this.#process.connected)
        this.#process.send?.({ type: 'flush' } satisfies FromWorker, () => resolve());
      else resolve();
    });
  }
}

/** The local log, which the link writes. Every line is redacted before it leaves this process. */
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
    return { message: 'log line withheld: redaction failed', data: {} };
  }
}

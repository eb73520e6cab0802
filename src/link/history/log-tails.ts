import type { LogLevel } from '../../../foundation/src/domain/record.ts';
import type { LogData, Logger } from '../../../foundation/src/logging/logger.ts';
import { errorFields } from '../../../foundation/src/runtime/error-fields.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import type { LoggedLine } from './history.ts';

/** Of one attempt. */
const MAX_BYTES = 48 * 1024;

interface Tail {
  readonly lines: { readonly line: LoggedLine; readonly bytes: number }[];
  bytes: number;
  omitted: number;
}

/**
 * The last lines that were logged about each attempt. A worker redacts its lines before they arrive
 * here.
 */
export class LogTails {
  readonly #clock: Clock;
  readonly #tails = new Map<string, Tail>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Keeps lines about this attempt from now on. */
  open(key: string): void {
    this.#tails.set(key, { lines: [], bytes: 0, omitted: 0 });
  }

  /** Returns them and keeps no more. */
  close(key: string): { readonly log: readonly LoggedLine[]; readonly omittedLines: number } {
    const tail = this.#tails.get(key);
    this.#tails.delete(key);
    return { log: tail?.lines.map(({ line }) => line) ?? [], omittedLines: tail?.omitted ?? 0 };
  }

  /** A logger that writes to `logger`, and keeps the lines whose data names an attempt. */
  listen(logger: Logger, bound: LogData = {}): Logger {
    return {
      log: (level, message, data) => {
        logger.log(level, message, data);
        this.#keep(level, message, { ...bound, ...data });
      },
      child: (data) => this.listen(logger.child(data), { ...bound, ...data }),
    };
  }

  #keep(level: LogLevel, message: string, { attempt, ...data }: LogData): void {
    const tail = typeof attempt === 'string' ? this.#tails.get(attempt) : undefined;
    if (tail === undefined) return;
    const fields = Object.fromEntries(
      Object.entries(data).map(([name, value]) => [
        name,
        value instanceof Error ? errorFields(value) : value,
      ]),
    );
    const line = { time: this.#clock.now(), level, message, data: fields };
    const bytes = JSON.stringify(line).length;
    tail.lines.push({ line, bytes });
    tail.bytes += bytes;
    while (tail.bytes > MAX_BYTES) {
      tail.bytes -= tail.lines.shift()!.bytes;
      tail.omitted += 1;
    }
  }
}

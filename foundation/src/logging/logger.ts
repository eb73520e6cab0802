import type { LogLevel } from '../domain/record.ts';

export type LogData = Readonly<Record<string, unknown>>;

/**
 * Writes log lines: a constant lower-case fragment as the message, and structured fields. Callers
 * never pass a secret; every line passes the redactor anyway.
 */
export interface Logger {
  log(level: LogLevel, message: string, data?: LogData): void;
  /** A logger that adds `data` to every line. */
  child(data: LogData): Logger;
}

/** Writes nothing. */
export const silentLogger: Logger = {
  log: () => undefined,
  child: () => silentLogger,
};

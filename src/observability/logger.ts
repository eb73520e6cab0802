import type { LogLevel } from '../domain/record.ts';

export type LogData = Readonly<Record<string, unknown>>;

/** Says things in a fixed sentence with data beside it. Never given a secret; what it writes passes the redactor all the same. */
export interface Logger {
  log(level: LogLevel, message: string, data?: LogData): void;
  /** A logger that adds `data` to everything it says. */
  child(data: LogData): Logger;
}

/** Says nothing. */
export const silentLogger: Logger = {
  log: () => undefined,
  child: () => silentLogger,
};

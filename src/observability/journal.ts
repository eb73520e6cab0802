import { fstatSync } from 'node:fs';
import type { LogLevel } from '../domain/record.ts';

/** syslog(3) priorities, as the journal reads them from the beginning of a line (sd-daemon(3)). */
const PRIORITIES: Readonly<Record<LogLevel, number>> = { debug: 7, info: 6, warn: 4, error: 3 };

/** Whether what is written to a descriptor goes to the journal: systemd names the stream's device and inode (systemd.exec(5), JOURNAL_STREAM). */
export function goesToJournal(env: Readonly<NodeJS.ProcessEnv>, descriptor: number): boolean {
  try {
    const { dev, ino } = fstatSync(descriptor, { bigint: true });
    return env['JOURNAL_STREAM'] === `${dev}:${ino}`;
  } catch {
    return false;
  }
}

/** Every line of the text with its priority in front. */
export function withPriority(level: LogLevel, text: string): string {
  return text.replace(/^(?=.)/gm, `<${PRIORITIES[level]}>`);
}

import { fstatSync } from 'node:fs';
import type { LogLevel } from '../../foundation/src/domain/record.ts';

/** syslog(3) priorities, which the journal reads from the start of a line (sd-daemon(3)). */
const PRIORITIES: Readonly<Record<LogLevel, number>> = { debug: 7, info: 6, warn: 4, error: 3 };

/**
 * Whether a descriptor is connected to the journal: systemd passes its device and inode
 * (JOURNAL_STREAM, systemd.exec(5)).
 */
export function goesToJournal(env: Readonly<NodeJS.ProcessEnv>, descriptor: number): boolean {
  try {
    const { dev, ino } = fstatSync(descriptor, { bigint: true });
    return env['JOURNAL_STREAM'] === `${dev}:${ino}`;
  } catch {
    return false;
  }
}

/** Prefixes every line with the priority. */
export function withPriority(level: LogLevel, text: string): string {
  return text.replace(/^(?=.)/gm, `<${PRIORITIES[level]}>`);
}

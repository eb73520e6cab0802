import { Cron } from 'croner';
import { ControlPlaneError } from '../runtime/errors.ts';

/** Runs once, at the start of the schedule. */
export const ONCE = '@once';

const MANUAL: ReadonlySet<string> = new Set(['', 'none', 'null', 'manual', '@none']);
/** Presets of Airflow. */
const PRESETS: ReadonlyMap<string, string> = new Map([
  ['@hourly', '0 * * * *'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@weekly', '0 0 * * 0'],
  ['@monthly', '0 0 1 * *'],
  ['@quarterly', '0 0 1 */3 *'],
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
]);
const MAX_LENGTH = 200;

/**
 * Normalizes an expression: five cron fields or a preset; null for a pipeline that only users
 * start. Throws INPUT_INVALID.
 */
export function parseExpression(text: string | null): string | null {
  const expression = (text ?? '').trim().replaceAll(/\s+/g, ' ');
  if (MANUAL.has(expression.toLowerCase())) return null;
  const name = expression.toLowerCase();
  if (name === ONCE || PRESETS.has(name)) return name;
  checkFields(expression);
  return expression;
}

/** Returns the name of a time zone. Throws INPUT_INVALID for one that is unknown. */
export function parseTimezone(text: string): string {
  try {
    // An offset such as +02:00 has no daylight saving time, which is rarely meant.
    if (!/^[a-z]/i.test(text)) throw new RangeError('not a name');
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone;
  } catch (thrown) {
    throw new ControlPlaneError(
      'INPUT_INVALID',
      `time zone ${JSON.stringify(text.slice(0, MAX_LENGTH))} is unknown`,
      { remedy: 'Use an IANA name such as Europe/Berlin, or UTC.', cause: thrown },
    );
  }
}

/**
 * The times of an expression other than @once. Fields and daylight saving time as in Vixie cron: a
 * time of day that does not exist on a day runs at the first time after the gap, one that exists
 * twice runs once; with a wildcard or step in minutes or hours, the times follow real time.
 */
export function cronOf(expression: string, timezone: string): Cron {
  return new Cron(PRESETS.get(expression) ?? expression, {
    timezone,
    mode: '5-part',
    fixedTimeRule: 'no-wildcard',
    sloppyRanges: true,
    paused: true,
  });
}

function checkFields(expression: string): void {
  const shown = JSON.stringify(expression.slice(0, MAX_LENGTH));
  const reject = (problem: string, cause?: unknown): never => {
    throw new ControlPlaneError('INPUT_INVALID', `schedule ${shown} ${problem}`, {
      remedy:
        'Enter five cron fields (minute, hour, day, month, weekday) such as "30 2 * * *", a preset such as @daily, or nothing for manual runs.',
      cause,
    });
  };
  if (expression.length > MAX_LENGTH) reject(`is longer than ${MAX_LENGTH} characters`);
  if (expression.split(' ').length !== 5) reject('does not have five fields');
  try {
    if (cronOf(expression, 'UTC').nextRun() !== null) return;
  } catch (thrown) {
    reject(`is not valid: ${problemOf(thrown)}`, thrown);
  }
  reject('matches no date');
}

function problemOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message.replace(/^CronPattern: /, '') : String(thrown);
}

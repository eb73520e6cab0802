import type { Row, Statements } from './sqlite-statements.ts';
import type { Schedule, ScheduleReads, ScheduleWrites } from './schedule.ts';

const SAVE = `
  INSERT OR REPLACE INTO schedules (pipeline, expression, timezone, start_at, end_at, paused,
    retries, retry_delay_ms, since, settled_until)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

export function scheduleTable(statements: Statements): ScheduleReads & ScheduleWrites {
  return {
    list: async () => statements.all('SELECT * FROM schedules ORDER BY pipeline', [], toSchedule),
    get: async (pipeline) =>
      statements.get('SELECT * FROM schedules WHERE pipeline = ?', [pipeline], toSchedule),
    save: async (schedule) =>
      void statements.run(SAVE, [
        schedule.pipeline,
        schedule.expression,
        schedule.timezone,
        schedule.startAt,
        schedule.endAt,
        schedule.paused ? 1 : 0,
        schedule.retries,
        schedule.retryDelayMs,
        schedule.since,
        schedule.settledUntil,
      ]),
    delete: async (pipeline) =>
      void statements.run('DELETE FROM schedules WHERE pipeline = ?', [pipeline]),
  };
}

function toSchedule(row: Row): Schedule {
  return {
    pipeline: row['pipeline'] as string,
    expression: row['expression'] as string | null,
    timezone: row['timezone'] as string,
    startAt: row['start_at'] as number | null,
    endAt: row['end_at'] as number | null,
    paused: row['paused'] === 1,
    retries: row['retries'] as number,
    retryDelayMs: row['retry_delay_ms'] as number,
    since: row['since'] as number,
    settledUntil: row['settled_until'] as number,
  };
}

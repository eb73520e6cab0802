import { Columns, flag, plain } from './sqlite-columns.ts';
import type { Statements } from './sqlite-statements.ts';
import type { Schedule, ScheduleReads, ScheduleWrites } from './schedule.ts';

const SCHEDULE = new Columns<Schedule>('schedules', {
  pipeline: plain('pipeline'),
  expression: plain('expression'),
  timezone: plain('timezone'),
  startAt: plain('start_at'),
  endAt: plain('end_at'),
  paused: flag('paused'),
  retries: plain('retries'),
  retryDelayMs: plain('retry_delay_ms'),
  since: plain('since'),
  settledUntil: plain('settled_until'),
});
const SAVE = SCHEDULE.upsert(['pipeline']);

export function scheduleTable(statements: Statements): ScheduleReads & ScheduleWrites {
  return {
    list: async () =>
      statements.all('SELECT * FROM schedules ORDER BY pipeline', [], SCHEDULE.read),
    get: async (pipeline) =>
      statements.get('SELECT * FROM schedules WHERE pipeline = ?', [pipeline], SCHEDULE.read),
    save: async (schedule) => statements.save(SAVE, schedule),
    delete: async (pipeline) =>
      void statements.run('DELETE FROM schedules WHERE pipeline = ?', [pipeline]),
  };
}

/**
 * What people choose for the schedule of a pipeline, as a cron expression and back. An expression
 * that is none of the simple forms stays as it is.
 */
export const WEEKDAYS = [
  ['1', 'Monday'],
  ['2', 'Tuesday'],
  ['3', 'Wednesday'],
  ['4', 'Thursday'],
  ['5', 'Friday'],
  ['6', 'Saturday'],
  ['0', 'Sunday'],
];

export const KINDS = [
  ['manual', 'Only when started by hand'],
  ['hourly', 'Every hour'],
  ['daily', 'Every day'],
  ['weekly', 'Every week'],
  ['cron', 'By cron expression'],
];

const STANDARD = { minute: 0, time: '02:00', weekdays: ['1'], cron: '' };
const PRESETS = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@weekly': '0 0 * * 0',
};

/** `{kind, minute, time, weekdays, cron}` of an expression. */
export function choiceOf(expression) {
  if (expression === null) return { ...STANDARD, kind: 'manual' };
  const other = { ...STANDARD, kind: 'cron', cron: expression };
  const [minute, hour, day, month, weekday] = (PRESETS[expression] ?? expression).split(' ');
  if (!/^\d+$/.test(minute) || day !== '*' || month !== '*') return other;
  if (hour === '*' && weekday === '*')
    return { ...STANDARD, kind: 'hourly', minute: Number(minute) };
  if (!/^\d+$/.test(hour)) return other;
  const time = `${hour.padStart(2, '0')}:${minute.padStart(2, '0')}`;
  if (weekday === '*') return { ...STANDARD, kind: 'daily', time };
  const weekdays = weekday.split(',').map((one) => (one === '7' ? '0' : one));
  return weekdays.every((one) => /^[0-6]$/.test(one))
    ? { ...STANDARD, kind: 'weekly', time, weekdays }
    : other;
}

/** Throws an Error for a choice that is not complete. */
export function expressionOf({ kind, minute, time, weekdays, cron }) {
  const [hour, ofHour] = time.split(':').map(Number);
  if ((kind === 'daily' || kind === 'weekly') && time === '') throw new Error('Choose a time.');
  if (kind === 'weekly' && weekdays.length === 0) throw new Error('Choose a day of the week.');
  if (kind === 'cron' && cron === '') throw new Error('Enter a cron expression.');
  return {
    manual: null,
    hourly: `${minute} * * * *`,
    daily: `${ofHour} ${hour} * * *`,
    weekly: `${ofHour} ${hour} * * ${weekdays.join(',')}`,
    cron,
  }[kind];
}

/** For example "every day at 02:00 (Europe/Berlin)". */
export function describeSchedule(schedule) {
  if (schedule === undefined || schedule.expression === null) return 'only by hand';
  const { kind, minute, time, weekdays, cron } = choiceOf(schedule.expression);
  const days = WEEKDAYS.filter(([value]) => weekdays.includes(value)).map(([, name]) => name);
  const text = {
    hourly: `every hour at minute ${minute}`,
    daily: `every day at ${time}`,
    weekly: `every ${days.join(', ')} at ${time}`,
    cron: cron === '@once' ? 'once' : cron,
  }[kind];
  return `${text} (${schedule.timezone})`;
}

import { el } from './dom.js';
import { upcoming } from './format.js';
import { describeSchedule } from './schedule-text.js';

/** The facts of a schedule: [title, value] pairs. */
export function scheduleFacts(schedule) {
  return [
    ['Schedule', describeSchedule(schedule)],
    ['Next run', schedule === undefined ? null : nextRun(schedule)],
  ];
}

function nextRun({ expression, paused, due, next, startFailure }) {
  if (expression === null) return null;
  if (paused) return el('span', { class: 'badge warn' }, 'Paused');
  if (startFailure?.retryAt) return failureOf(startFailure);
  if (due !== null) return 'due; starts when no other run of the pipeline is active';
  return next.length === 0 ? 'none' : upcoming(next[0]);
}

function failureOf({ message, remedy, retryAt }) {
  return el(
    'span',
    {},
    el('span', { class: 'badge bad' }, 'Could not start'),
    ` ${message}. ${remedy} Next try: `,
    upcoming(retryAt),
  );
}

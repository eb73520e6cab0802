import { read, save } from './api.js';
import { el } from './dom.js';
import { field, formDialog } from './forms.js';
import { choiceOf, expressionOf, KINDS, WEEKDAYS } from './schedule-text.js';

const MINUTE_MS = 60_000;
const path = (pipeline) => `/pipelines/${encodeURIComponent(pipeline)}`;
const schedulePath = (pipeline) => `${path(pipeline)}/schedule`;

const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;
const NEW = {
  expression: null,
  timezone: HERE,
  startAt: null,
  endAt: null,
  paused: false,
  retries: 0,
  retryDelayMs: 5 * MINUTE_MS,
};

/** Opens an existing schedule. Saving fails if it has changed in the meantime. */
export async function editSchedule(pipeline) {
  const { value, tag } = await read(schedulePath(pipeline));
  open(pipeline, value, tag);
}

/** Opens a new schedule. `prepare` runs before it is saved. */
export function addSchedule(pipeline, prepare = async () => undefined) {
  open(pipeline, NEW, null, prepare);
}

function open(pipeline, value, tag, prepare = async () => undefined) {
  const fields = createFields(value);
  const send = async () => {
    const request = requestOf(fields);
    await prepare();
    await save(schedulePath(pipeline), request, tag);
  };
  formDialog(`Schedule of ${pipeline}`, contentOf(fields), send, 'Schedule saved.');
}

/** Pauses or resumes: what came due in the meantime is not caught up. */
export async function setPaused(pipeline, paused) {
  const { value, tag } = await read(schedulePath(pipeline));
  await save(schedulePath(pipeline), { ...settingsOf(value), paused }, tag);
}

function settingsOf(schedule) {
  return Object.fromEntries(Object.keys(NEW).map((name) => [name, schedule[name]]));
}

/** Inputs by name; those of `only` are shown for these kinds. */
const FIELDS = [
  { name: 'kind', kind: 'choice', label: 'Runs', options: KINDS },
  { name: 'minute', kind: 'number', label: 'Minute of the hour', max: 59, only: ['hourly'] },
  { name: 'weekdays', kind: 'choices', label: 'Days', options: WEEKDAYS, only: ['weekly'] },
  { name: 'time', kind: 'time', label: 'Time', only: ['daily', 'weekly'] },
  {
    name: 'cron',
    label: 'Cron expression',
    placeholder: '30 2 * * 1-5',
    note: 'Minute, hour, day, month, weekday; or a preset such as @monthly.',
    only: ['cron'],
  },
  {
    name: 'timezone',
    label: 'Time zone',
    suggestions: () => ['UTC', ...Intl.supportedValuesOf('timeZone')],
    note: 'A time that a day skips when clocks change runs right after the gap; one that occurs twice runs once.',
  },
  { name: 'startAt', kind: 'moment', label: 'From', note: 'Empty: at once.' },
  { name: 'endAt', kind: 'moment', label: 'Until', note: 'Empty: without end.' },
  {
    name: 'retries',
    kind: 'number',
    label: 'Repeat a failed run',
    max: 100,
    note: 'How often, as a new run. Lost runners and brief outages are retried within a run anyway.',
  },
  {
    name: 'retryDelay',
    kind: 'number',
    label: 'Minutes before a failed run is repeated',
    step: 'any',
    max: 10_080,
  },
  {
    name: 'paused',
    kind: 'flag',
    label: 'Paused',
    note: 'Starts no runs. What comes due meanwhile is not caught up.',
  },
];

function createFields(schedule) {
  const { retryDelayMs, ...settings } = schedule;
  const values = {
    ...settings,
    ...choiceOf(schedule.expression),
    retryDelay: retryDelayMs / MINUTE_MS,
  };
  return new Map(
    FIELDS.map((options) => {
      const input = field({ ...options, id: `schedule-${options.name}` });
      input.value = values[options.name];
      return [options.name, input];
    }),
  );
}

function contentOf(fields) {
  const content = el(
    'div',
    { class: 'grid' },
    [...fields.values()].map(({ element }) => element),
  );
  const showFields = () => {
    const kind = fields.get('kind').value;
    for (const { name, only } of FIELDS)
      fields.get(name).element.hidden =
        only === undefined ? kind === 'manual' && name !== 'kind' : !only.includes(kind);
  };
  content.addEventListener('change', showFields);
  showFields();
  return content;
}

function requestOf(fields) {
  const value = (name) => fields.get(name).value;
  return {
    expression: expressionOf({
      kind: value('kind'),
      minute: value('minute'),
      time: value('time'),
      weekdays: value('weekdays'),
      cron: value('cron'),
    }),
    timezone: value('timezone') || 'UTC',
    startAt: value('startAt'),
    endAt: value('endAt'),
    paused: value('paused'),
    retries: value('retries'),
    retryDelayMs: Math.round(value('retryDelay') * MINUTE_MS),
  };
}

import { get, put } from './api.js';
import {
  count,
  duration,
  el,
  heading,
  KINDS,
  moment,
  notice,
  repeat,
  replace,
  row,
  stateBadge,
  STATES,
  table,
} from './dom.js';

const COLUMNS = [
  ['Run'],
  ['Service'],
  ['State', 'wide'],
  ['Records', 'number'],
  ['API calls', 'number'],
  ['Took', 'number'],
  ['Queued'],
];
const PAGE = 50;
const REFRESH_MS = 2000;

export async function runsPage(place, signal, { query }) {
  const [{ services }, settings] = await Promise.all([
    get('/services', signal),
    get('/settings', signal),
  ]);
  const filters = [
    choice(
      'service',
      'Service',
      [['', 'All services'], ...services.map(({ name }) => [name, name])],
      query,
    ),
    choice('kind', 'Kind', [['', 'All kinds'], ...Object.entries(KINDS)], query),
    choice('state', 'State', [['', 'All states'], ...STATES], query),
  ];
  const list = el('div', { class: 'stack' });
  let pages = 1;
  const draw = async () =>
    replace(
      list,
      await contents(filters, pages, signal, () => {
        pages++;
        void draw();
      }),
    );
  for (const { select } of filters) {
    select.addEventListener('change', () => {
      pages = 1;
      void draw();
    });
  }
  replace(
    place,
    heading('Runs', { note: 'Connection tests and ingestions, newest first.' }),
    el(
      'form',
      { class: 'inline', 'aria-label': 'Filter', onsubmit: (event) => event.preventDefault() },
      filters.map(({ field }) => field),
    ),
    list,
    retention(settings),
  );
  await repeat(REFRESH_MS, signal, draw);
}

function choice(name, label, options, query) {
  const select = el(
    'select',
    { id: `run-${name}` },
    options.map(([value, title]) =>
      el('option', { value, selected: value === (query.get(name) ?? '') }, title),
    ),
  );
  return {
    name,
    select,
    field: el('div', { class: 'field' }, el('label', { for: `run-${name}` }, label), select),
  };
}

async function contents(filters, pages, signal, more) {
  const wanted = filters
    .map(({ name, select }) => [name, select.value])
    .filter(([, value]) => value !== '');
  const found = [];
  let before = null;
  for (let page = 0; page < pages && (page === 0 || before !== null); page++) {
    const { runs, next } = await get(
      `/runs?${new URLSearchParams([...wanted, ['limit', PAGE], ...(before === null ? [] : [['before', before]])])}`,
      signal,
    );
    found.push(...runs);
    before = next;
  }
  if (found.length === 0) return [nothing(wanted.length > 0)];
  return [
    table('Runs', COLUMNS, found.map(runRow)),
    before === null
      ? null
      : el('button', { type: 'button', class: 'plain', onclick: more }, 'Show older runs'),
  ];
}

function nothing(filtered) {
  return el(
    'div',
    { class: 'card empty' },
    filtered
      ? 'No run matches.'
      : [
          el('p', {}, 'Nothing has run yet.'),
          el('a', { href: '#/services' }, 'Start with a service'),
        ],
  );
}

function runRow(run) {
  return row(COLUMNS, [
    el(
      'div',
      {},
      el('a', { href: `#/run/${run.id}` }, KINDS[run.kind]),
      el('div', { class: 'soft small mono' }, run.id),
    ),
    run.service,
    el('div', {}, stateBadge(run.state), noteOf(run)),
    count(run.records),
    count(run.counts.apiCalls ?? run.progress?.apiCalls ?? 0),
    duration(run.startedAt, run.endedAt),
    moment(run.queuedAt),
  ]);
}

/** Why it ended so, or what it waits for. */
function noteOf({ error, waiting, attempt, maxAttempts }) {
  const note =
    error?.message ??
    (waiting?.retryAt
      ? `attempt ${attempt} of ${maxAttempts} at ${new Date(waiting.retryAt).toLocaleTimeString()}`
      : waiting?.message);
  return note === undefined ? null : el('div', { class: 'soft small' }, note);
}

function retention({ keepRuns }) {
  const input = el('input', {
    id: 'keep-runs',
    type: 'number',
    min: '0',
    max: '1000000',
    value: keepRuns,
    required: true,
  });
  return el(
    'details',
    { class: 'card' },
    el('summary', {}, 'How long records are kept'),
    el(
      'form',
      {
        class: 'inline',
        onsubmit: (event) => {
          event.preventDefault();
          put('/settings', { keepRuns: Number(input.value) }).then(
            () => notice('Saved.'),
            (error) => notice(error.message),
          );
        },
      },
      el(
        'div',
        { class: 'field' },
        el(
          'label',
          { for: 'keep-runs' },
          'Newest runs of each service whose records and logs stay; 0 for all',
        ),
        input,
      ),
      el('button', { type: 'submit' }, 'Save'),
    ),
    el(
      'p',
      { class: 'soft small' },
      'Older runs keep their outcome; what they brought stays in the catalog.',
    ),
  );
}

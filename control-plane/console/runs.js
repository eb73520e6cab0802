import { get, put } from './api.js';
import { el, replace } from './dom.js';
import { count, duration, moment } from './format.js';
import { jobKinds } from './job-kinds.js';
import {
  emptyCard,
  heading,
  labeled,
  notice,
  repeat,
  row,
  stateBadge,
  STATES,
  table,
} from './layout.js';

const COLUMNS = [
  ['Run'],
  ['Service'],
  ['State', 'wide'],
  ['Records', 'number'],
  ['API calls', 'number'],
  ['Duration', 'number'],
  ['Queued'],
];
const PAGE = 50;
const REFRESH_MS = 2000;

export async function runsPage(place, signal, { query }) {
  const [{ services }, settings, kinds] = await Promise.all([
    get('/services', signal),
    get('/settings', signal),
    jobKinds(),
  ]);
  const filters = createFilters(services, kinds, query);
  const list = el('div', { class: 'stack' });
  let pages = 1;
  const showMore = () => {
    pages++;
    void draw();
  };
  const draw = async () =>
    replace(list, await contents({ filters, pages, kinds, showMore }, signal));
  for (const select of filters) {
    select.addEventListener('change', () => {
      pages = 1;
      void draw();
    });
  }
  replace(
    place,
    heading('Runs', { note: 'Connection tests and ingestions, newest first.' }),
    filterForm(filters),
    list,
    retentionForm(settings),
  );
  await repeat(REFRESH_MS, signal, draw);
}

function createFilters(services, kinds, query) {
  const names = services.map(({ name }) => [name, name]);
  return [
    filterSelect('service', [['', 'All services'], ...names], query),
    filterSelect('kind', [['', 'All kinds'], ...kinds], query),
    filterSelect('state', [['', 'All states'], ...STATES], query),
  ];
}

function filterSelect(name, options, query) {
  const chosen = query.get(name) ?? '';
  return el(
    'select',
    { id: `run-${name}`, name },
    options.map(([value, title]) => el('option', { value, selected: value === chosen }, title)),
  );
}

function filterForm(filters) {
  const label = ({ name }) => name[0].toUpperCase() + name.slice(1);
  return el(
    'form',
    { class: 'inline', 'aria-label': 'Filter', onsubmit: (event) => event.preventDefault() },
    filters.map((select) => labeled(label(select), select)),
  );
}

async function contents({ filters, pages, kinds, showMore }, signal) {
  const chosen = filters
    .map(({ name, value }) => [name, value])
    .filter(([, value]) => value !== '');
  const { runs, before } = await load(chosen, pages, signal);
  if (runs.length === 0) return [emptyList(chosen.length > 0)];
  const more = { type: 'button', class: 'plain', onclick: showMore };
  return [
    table(
      'Runs',
      COLUMNS,
      runs.map((run) => runRow(run, kinds)),
    ),
    before === null ? null : el('button', more, 'Show older runs'),
  ];
}

async function load(chosen, pages, signal) {
  const runs = [];
  let before = null;
  for (let page = 0; page < pages && (page === 0 || before !== null); page++) {
    const cursor = before === null ? [] : [['before', before]];
    const parameters = new URLSearchParams([...chosen, ['limit', PAGE], ...cursor]);
    const answer = await get(`/runs?${parameters}`, signal);
    runs.push(...answer.runs);
    before = answer.next;
  }
  return { runs, before };
}

function emptyList(filtered) {
  if (filtered) return emptyCard('No matching runs.');
  return emptyCard(
    el('p', {}, 'No runs yet.'),
    el('a', { href: '#/services' }, 'Start with a service'),
  );
}

function runRow(run, kinds) {
  return row(COLUMNS, [
    el(
      'div',
      {},
      el('a', { href: `#/run/${run.id}` }, kinds.get(run.kind) ?? run.kind),
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

/** Why the run ended, or why it waits. */
function noteOf({ error, waiting, attempt, maxAttempts }) {
  const note =
    error?.message ??
    (waiting?.retryAt
      ? `attempt ${attempt} of ${maxAttempts} at ${new Date(waiting.retryAt).toLocaleTimeString()}`
      : waiting?.message);
  return note === undefined ? null : el('div', { class: 'soft small' }, note);
}

function retentionForm({ keepRuns }) {
  const range = { type: 'number', min: '0', max: '1000000', required: true };
  const input = el('input', { id: 'keep-runs', value: keepRuns, ...range });
  const save = (event) => {
    event.preventDefault();
    put('/settings', { keepRuns: Number(input.value) }).then(
      () => notice('Settings saved.'),
      (error) => notice(error.message),
    );
  };
  return el(
    'details',
    { class: 'card' },
    el('summary', {}, 'Retention of records'),
    el(
      'form',
      { class: 'inline', onsubmit: save },
      labeled('Number of newest runs of each service that keep records and logs; 0 for all', input),
      el('button', { type: 'submit' }, 'Save'),
    ),
    el(
      'p',
      { class: 'soft small' },
      'Older runs keep their outcome, and the catalog keeps their results.',
    ),
  );
}

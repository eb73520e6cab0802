import { get } from './api.js';
import { el, replace } from './dom.js';
import { count, counted } from './format.js';
import { emptyCard, heading, labeled, row, table } from './layout.js';

const COLUMNS = [['Table'], ['Label'], ['Kind'], ['Columns', 'number'], ['Description', 'wide']];
const PAGE = 100;
const TYPING_PAUSE_MS = 200;

export async function tablesPage(place, signal, { query }) {
  const { services } = await get('/services', signal);
  const filter = createFilter(services, query);
  const total = el('p', { class: 'soft small', role: 'status' });
  const list = el('div', { class: 'stack' });
  replace(
    place,
    heading('Tables', { note: 'All ingested tables.' }),
    filterForm(filter),
    total,
    list,
  );
  let searching = new AbortController();
  const search = async () => {
    searching.abort();
    searching = new AbortController();
    await load(filter, { list, total }, AbortSignal.any([signal, searching.signal])).catch(
      (error) => {
        if (error.name !== 'AbortError') throw error;
      },
    );
  };
  filter.search.addEventListener('input', afterTyping(search));
  for (const choice of [filter.service, filter.deleted]) choice.addEventListener('change', search);
  await search();
}

function createFilter(services, query) {
  const options = services.map(({ name }) =>
    el('option', { value: name, selected: name === query.get('service') }, name),
  );
  return {
    search: el('input', {
      id: 'table-search',
      type: 'search',
      value: query.get('q') ?? '',
      placeholder: 'Account, invoice, …',
    }),
    service: el(
      'select',
      { id: 'table-service' },
      el('option', { value: '' }, 'All services'),
      options,
    ),
    deleted: el('input', { id: 'table-deleted', type: 'checkbox' }),
  };
}

function filterForm({ search, service, deleted }) {
  return el(
    'form',
    { class: 'inline', role: 'search', onsubmit: (event) => event.preventDefault() },
    labeled('Search names, labels and descriptions', search, 'grow'),
    labeled('Service', service),
    el('label', { class: 'check', for: 'table-deleted' }, deleted, 'Include deleted'),
  );
}

function afterTyping(work) {
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(() => void work(), TYPING_PAUSE_MS);
  };
}

async function load({ search, service, deleted }, { list, total }, signal) {
  const q = search.value.trim();
  const filter = {
    limit: PAGE,
    ...(service.value && { service: service.value }),
    ...(q && { q }),
    ...(deleted.checked && { deleted: 'true' }),
  };
  const rows = [];
  const more = async (after) => {
    const parameters = new URLSearchParams({ ...filter, ...(after && { after }) });
    const page = await get(`/tables?${parameters}`, signal);
    rows.push(...page.tables.map(tableRow));
    total.textContent = counted(page.total, 'tables');
    const button = { type: 'button', class: 'plain', onclick: () => more(page.next) };
    replace(
      list,
      rows.length === 0 ? emptyCard('No matching tables.') : table('Tables', COLUMNS, rows),
      page.next === null ? null : el('button', button, 'Show more'),
    );
  };
  await more();
}

function tableRow({ fqn, name, displayName, description, tableType, columns, service, deletedAt }) {
  return row(COLUMNS, [
    el(
      'div',
      {},
      el('a', { href: `#/table/${encodeURIComponent(fqn)}` }, name),
      deletedAt === null ? null : el('span', { class: 'badge bad' }, 'Deleted'),
      el('div', { class: 'soft small' }, service),
    ),
    displayName ?? '',
    tableType ?? '',
    count(columns),
    description ?? '',
  ]);
}

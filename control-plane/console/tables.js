import { get } from './api.js';
import { count, counted, el, heading, replace, row, table } from './dom.js';

const COLUMNS = [['Table'], ['Label'], ['Kind'], ['Columns', 'number'], ['Description', 'wide']];
const PAGE = 100;
const TYPING_PAUSE_MS = 200;

export async function tablesPage(place, signal, { query }) {
  const { services } = await get('/services', signal);
  const search = el('input', {
    id: 'table-search',
    type: 'search',
    value: query.get('q') ?? '',
    placeholder: 'Account, invoice, …',
  });
  const service = el(
    'select',
    { id: 'table-service' },
    el('option', { value: '' }, 'All services'),
    services.map(({ name }) =>
      el('option', { value: name, selected: name === query.get('service') }, name),
    ),
  );
  const deleted = el('input', { id: 'table-deleted', type: 'checkbox' });
  const found = el('p', { class: 'soft small', role: 'status' });
  const list = el('div', { class: 'stack' });
  replace(
    place,
    heading('Tables', { note: 'What the ingestions brought in.' }),
    el(
      'form',
      { class: 'inline', role: 'search', onsubmit: (event) => event.preventDefault() },
      el(
        'div',
        { class: 'field grow' },
        el('label', { for: 'table-search' }, 'Search names, labels and descriptions'),
        search,
      ),
      el('div', { class: 'field' }, el('label', { for: 'table-service' }, 'Service'), service),
      el('label', { class: 'check', for: 'table-deleted' }, deleted, 'Also deleted'),
    ),
    found,
    list,
  );
  let looking = new AbortController();
  const look = async () => {
    looking.abort();
    looking = new AbortController();
    await load(
      { service: service.value, q: search.value.trim(), deleted: deleted.checked },
      list,
      found,
      AbortSignal.any([signal, looking.signal]),
    ).catch((error) => {
      if (error.name !== 'AbortError') throw error;
    });
  };
  let timer;
  search.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => void look(), TYPING_PAUSE_MS);
  });
  for (const choice of [service, deleted]) choice.addEventListener('change', look);
  await look();
}

async function load(filter, list, found, signal) {
  const rows = [];
  const more = async (after) => {
    const parameters = new URLSearchParams({
      limit: PAGE,
      ...(filter.service && { service: filter.service }),
      ...(filter.q && { q: filter.q }),
      ...(filter.deleted && { deleted: 'true' }),
      ...(after && { after }),
    });
    const page = await get(`/tables?${parameters}`, signal);
    rows.push(...page.tables.map(tableRow));
    found.textContent = counted(page.total, 'tables');
    replace(
      list,
      rows.length === 0
        ? el('div', { class: 'card empty' }, 'No table matches.')
        : table('Tables', COLUMNS, rows),
      page.next === null
        ? null
        : el(
            'button',
            { type: 'button', class: 'plain', onclick: () => more(page.next) },
            'Show more',
          ),
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

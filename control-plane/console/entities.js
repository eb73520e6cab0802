import { get } from './api.js';
import { count, el, heading, replace, row, table } from './dom.js';

const COLUMNS = [['Name'], ['Label'], ['Service'], ['Description', 'wide']];
const PAGE = 100;
const NAMES = {
  databaseService: 'Services',
  database: 'Databases',
  databaseSchema: 'Schemas',
  table: 'Tables',
  storedProcedure: 'Code',
  classification: 'Classifications',
  tag: 'Tags',
  tableProfile: 'Profiles',
  sampleData: 'Samples',
};

/** Everything that came in, by type: also what this console has no page of its own for. */
export async function entitiesPage(place, signal, { query }) {
  const { types } = await get('/entity-types', signal);
  const sums = new Map();
  for (const { type, count: some } of types) sums.set(type, (sums.get(type) ?? 0) + some);
  const type =
    query.get('type') ?? (sums.has('storedProcedure') ? 'storedProcedure' : [...sums.keys()][0]);
  const list = el('div', { class: 'stack' });
  replace(
    place,
    heading('Catalog', { note: 'Everything the ingestions brought in, by type.' }),
    sums.size === 0
      ? el('div', { class: 'card empty' }, 'Nothing has come in yet.')
      : el(
          'nav',
          { class: 'chips', 'aria-label': 'Types' },
          [...sums].map(([name, some]) =>
            el(
              'a',
              {
                href: `#/entities?type=${encodeURIComponent(name)}`,
                'aria-current': name === type ? 'true' : null,
              },
              NAMES[name] ?? name,
              el('span', { class: 'soft' }, ` ${count(some)}`),
            ),
          ),
        ),
    list,
  );
  if (type !== undefined) await load(type, list, signal);
}

async function load(type, list, signal) {
  const rows = [];
  const more = async (after) => {
    const { entities, next } = await get(
      `/entities?${new URLSearchParams({ type, limit: PAGE, ...(after && { after }) })}`,
      signal,
    );
    rows.push(...entities.map(entityRow));
    replace(
      list,
      rows.length === 0
        ? el('div', { class: 'card empty' }, 'There is none of these.')
        : table(NAMES[type] ?? type, COLUMNS, rows),
      next === null
        ? null
        : el('button', { type: 'button', class: 'plain', onclick: () => more(next) }, 'Show more'),
    );
  };
  await more();
}

function entityRow({ service, type, fqn, name, displayName, description }) {
  const address =
    type === 'table'
      ? `#/table/${encodeURIComponent(fqn)}`
      : `#/entity/${[service, type, fqn].map(encodeURIComponent).join('/')}`;
  return row(COLUMNS, [
    el(
      'div',
      {},
      el('a', { href: address }, name),
      fqn === name ? null : el('div', { class: 'soft small mono' }, fqn),
    ),
    displayName ?? '',
    service,
    (description ?? '').slice(0, 300),
  ]);
}

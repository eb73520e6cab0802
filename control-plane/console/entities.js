import { get } from './api.js';
import { el, replace } from './dom.js';
import { count } from './format.js';
import { emptyCard, heading, row, table } from './layout.js';

const COLUMNS = [['Name'], ['Label'], ['Service'], ['Description', 'wide']];
const PAGE = 100;
const MAX_DESCRIPTION = 300;
const TYPE_TITLES = {
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

/** Every entity of the catalog by type, including types without a page of their own. */
export async function entitiesPage(place, signal, { query }) {
  const { types } = await get('/entity-types', signal);
  const counts = new Map();
  for (const { type, count: number } of types) counts.set(type, (counts.get(type) ?? 0) + number);
  const preferred = counts.has('storedProcedure') ? 'storedProcedure' : [...counts.keys()][0];
  const type = query.get('type') ?? preferred;
  const list = el('div', { class: 'stack' });
  replace(
    place,
    heading('Catalog', { note: 'All ingested entities, by type.' }),
    counts.size === 0 ? emptyCard('No entities yet.') : typeLinks(counts, type),
    list,
  );
  if (type !== undefined) await load(type, list, signal);
}

function typeLinks(counts, current) {
  const links = [...counts].map(([type, number]) =>
    el(
      'a',
      {
        href: `#/entities?type=${encodeURIComponent(type)}`,
        'aria-current': type === current ? 'true' : null,
      },
      TYPE_TITLES[type] ?? type,
      el('span', { class: 'soft' }, ` ${count(number)}`),
    ),
  );
  return el('nav', { class: 'chips', 'aria-label': 'Types' }, links);
}

async function load(type, list, signal) {
  const rows = [];
  const more = async (after) => {
    const parameters = new URLSearchParams({ type, limit: PAGE, ...(after && { after }) });
    const { entities, next } = await get(`/entities?${parameters}`, signal);
    rows.push(...entities.map(entityRow));
    const button = { type: 'button', class: 'plain', onclick: () => more(next) };
    replace(
      list,
      rows.length === 0
        ? emptyCard('No entities of this type.')
        : table(TYPE_TITLES[type] ?? type, COLUMNS, rows),
      next === null ? null : el('button', button, 'Show more'),
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
    (description ?? '').slice(0, MAX_DESCRIPTION),
  ]);
}

import { get } from './api.js';
import { count, el, facts, heading, moment, replace, row, table } from './dom.js';

const COLUMNS = [['Column'], ['Label'], ['Type'], ['Keys'], ['Description', 'wide']];

export async function tablePage(place, signal, { id }) {
  const { service, request, provenance } = await get(`/tables/${encodeURIComponent(id)}`, signal);
  const columns = request.columns ?? [];
  const constraints = request.tableConstraints ?? [];
  const filter = el('input', { id: 'column-filter', type: 'search', placeholder: 'Id, amount, …' });
  const list = el('div', {});
  const draw = () => {
    const wanted = filter.value.trim().toLowerCase();
    const matching = columns.filter(({ name, displayName, description }) => [name, displayName, description].some((text) => text?.toLowerCase().includes(wanted) ?? false));
    replace(list, table('Columns', COLUMNS, matching.map((column) => columnRow(column, constraints))));
  };
  filter.addEventListener('input', draw);
  replace(place,
    heading(request.displayName ?? request.name, { crumb: el('a', { href: `#/tables?service=${encodeURIComponent(service)}` }, `Tables of ${service}`), note: el('span', { class: 'mono' }, id) }),
    el('section', { class: 'card stack', 'aria-label': 'About' },
      request.description ? el('p', {}, request.description) : null,
      facts([['Name', request.name], ['Kind', request.tableType], ['Columns', count(columns.length)], ['Updated', moment(provenance.updatedAt)], ['By run', el('a', { href: `#/run/${provenance.runId}` }, `${provenance.runId}, attempt ${provenance.attempt}`)]])),
    el('div', { class: 'field' }, el('label', { for: 'column-filter' }, 'Filter columns'), filter), list);
  draw();
}

function columnRow(column, constraints) {
  return row(COLUMNS, [
    el('span', { class: 'mono' }, column.name), column.displayName ?? '', el('span', { class: 'mono small' }, typeOf(column)), keysOf(column, constraints), column.description ?? '',
  ]);
}

function typeOf({ dataTypeDisplay, dataType, dataLength, precision, scale }) {
  if (dataTypeDisplay) return dataTypeDisplay;
  if (precision !== undefined) return `${dataType}(${precision}${scale === undefined ? '' : `, ${scale}`})`;
  return dataLength === undefined ? dataType : `${dataType}(${dataLength})`;
}

const CONSTRAINT_NAMES = { PRIMARY_KEY: ['primary key', 'key'], UNIQUE: ['unique', ''], NOT_NULL: ['not null', ''] };

function keysOf(column, constraints) {
  const own = [column.constraint, ...constraints.filter(({ constraintType, columns }) => constraintType !== 'FOREIGN_KEY' && columns.includes(column.name)).map(({ constraintType }) => constraintType)];
  const tags = [...new Set(own)].filter((name) => Object.hasOwn(CONSTRAINT_NAMES, name ?? '')).map((name) => el('span', { class: `tag ${CONSTRAINT_NAMES[name][1]}` }, CONSTRAINT_NAMES[name][0]));
  const foreign = constraints.filter(({ constraintType }) => constraintType === 'FOREIGN_KEY').flatMap(({ columns, referredColumns }) => columns.flatMap((name, index) => (name === column.name ? [referredColumns?.[index]] : [])));
  return el('div', {}, tags, foreign.filter(Boolean).map(foreignKey));
}

/** A link to the table that a column points to. The last part of the name is the column. */
function foreignKey(referred) {
  const parts = referred.match(/"(?:[^"]|"")*"|[^.]+/g) ?? [referred];
  const target = parts.slice(0, -1);
  return el('span', { class: 'tag key' }, '→ ', el('a', { href: `#/table/${encodeURIComponent(target.join('.'))}` }, `${target.at(-1)}.${parts.at(-1)}`));
}

/** The columns of a table: names, types, keys, tags and notes. */
import { el, replace } from './dom.js';
import { partsOf } from './format.js';
import { labeled, row, table } from './layout.js';
import { columnNotes } from './column-notes.js';
import { tagList } from './table-panels.js';

const COLUMNS = [['Column'], ['Label'], ['Type'], ['Keys and tags'], ['Description', 'wide']];

/** A filter, and the columns that match it. */
export function columnList({ request, properties, tags }) {
  const filter = el('input', { id: 'column-filter', type: 'search', placeholder: 'Id, amount, …' });
  const list = el('div', {});
  const constraints = request.tableConstraints ?? [];
  const draw = () => {
    const text = filter.value.trim().toLowerCase();
    const rows = (request.columns ?? [])
      .filter((column) => matches(column, text))
      .map((column) =>
        columnRow(column, {
          constraints,
          notes: properties.columns?.[column.name],
          tags: tags.filter((tag) => tag.column === column.name),
        }),
      );
    replace(list, table('Columns', COLUMNS, rows));
  };
  filter.addEventListener('input', draw);
  draw();
  return [labeled('Filter columns', filter), list];
}

function matches({ name, displayName, description }, text) {
  return [name, displayName, description].some(
    (value) => value?.toLowerCase().includes(text) ?? false,
  );
}

function columnRow(column, { constraints, notes, tags }) {
  return row(COLUMNS, [
    el('span', { class: 'mono' }, column.name),
    column.displayName ?? '',
    el('span', { class: 'mono small' }, typeOf(column)),
    el('div', {}, keysOf(column, constraints), tagList(tags)),
    el('div', {}, column.description ?? '', columnNotes(notes)),
  ]);
}

function typeOf({ dataTypeDisplay, dataType, dataLength, precision, scale }) {
  if (dataTypeDisplay) return dataTypeDisplay;
  if (precision !== undefined)
    return `${dataType}(${precision}${scale === undefined ? '' : `, ${scale}`})`;
  return dataLength === undefined ? dataType : `${dataType}(${dataLength})`;
}

const CONSTRAINT_NAMES = {
  PRIMARY_KEY: ['primary key', 'key'],
  UNIQUE: ['unique', ''],
  NOT_NULL: ['not null', ''],
};

function keysOf(column, constraints) {
  return el('div', {}, constraintTags(column, constraints), foreignKeys(column, constraints));
}

function constraintTags(column, constraints) {
  const shared = constraints
    .filter(
      ({ constraintType, columns }) =>
        constraintType !== 'FOREIGN_KEY' && columns.includes(column.name),
    )
    .map(({ constraintType }) => constraintType);
  return [...new Set([column.constraint, ...shared])]
    .filter((name) => Object.hasOwn(CONSTRAINT_NAMES, name ?? ''))
    .map((name) =>
      el('span', { class: `tag ${CONSTRAINT_NAMES[name][1]}` }, CONSTRAINT_NAMES[name][0]),
    );
}

function foreignKeys(column, constraints) {
  return constraints
    .filter(({ constraintType }) => constraintType === 'FOREIGN_KEY')
    .flatMap(({ columns, referredColumns }) =>
      columns.flatMap((name, index) => (name === column.name ? [referredColumns?.[index]] : [])),
    )
    .filter(Boolean)
    .map(foreignKey);
}

/** A link to the referenced table. The last part of the name is the column. */
function foreignKey(referred) {
  const parts = partsOf(referred);
  const target = referred.slice(0, referred.lastIndexOf(`.${parts.at(-1)}`));
  return el(
    'span',
    { class: 'tag key' },
    '→ ',
    el('a', { href: `#/table/${encodeURIComponent(target)}` }, parts.slice(-2).join('.')),
  );
}

import { get } from './api.js';
import { count, el, facts, heading, moment, partsOf, replace, row, table } from './dom.js';
import { lineagePanel } from './lineage.js';
import {
  codePanel,
  columnNotes,
  ownersPanel,
  profilePanel,
  propertiesPanel,
  samplePanel,
  tagList,
} from './table-facts.js';

const COLUMNS = [['Column'], ['Label'], ['Type'], ['Keys and tags'], ['Description', 'wide']];

export async function tablePage(place, signal, { id }) {
  const shown = await get(`/tables/${encodeURIComponent(id)}`, signal);
  const { service, request, properties, tags } = shown;
  const columns = request.columns ?? [];
  const lineage = lineagePanel(id, signal);
  const constraints = request.tableConstraints ?? [];
  const filter = el('input', { id: 'column-filter', type: 'search', placeholder: 'Id, amount, …' });
  const list = el('div', {});
  const draw = () => {
    const wanted = filter.value.trim().toLowerCase();
    const matching = columns.filter(({ name, displayName, description }) =>
      [name, displayName, description].some(
        (text) => text?.toLowerCase().includes(wanted) ?? false,
      ),
    );
    replace(
      list,
      table(
        'Columns',
        COLUMNS,
        matching.map((column) =>
          columnRow(column, {
            constraints,
            notes: properties.columns?.[column.name],
            tags: tags.filter((tag) => tag.column === column.name),
          }),
        ),
      ),
    );
  };
  filter.addEventListener('input', draw);
  replace(
    place,
    heading(request.displayName ?? request.name, {
      crumb: el(
        'a',
        { href: `#/tables?service=${encodeURIComponent(service)}` },
        `Tables of ${service}`,
      ),
      note: el('span', { class: 'mono' }, id),
    }),
    shown.deletedAt === null
      ? null
      : el(
          'p',
          { class: 'card problem', role: 'status' },
          'This table is gone from the source since ',
          moment(shown.deletedAt),
          '. It comes back when a run finds it again.',
        ),
    about(shown, columns),
    ownersPanel(shown.owners),
    profilePanel(shown.profile),
    lineage.element,
    codePanel(shown.code),
    propertiesPanel(properties),
    samplePanel(shown.sample),
    el('div', { class: 'field' }, el('label', { for: 'column-filter' }, 'Filter columns'), filter),
    list,
  );
  draw();
  void lineage.draw();
}

function about({ request, tags, profile, provenance }, columns) {
  const rows = profile?.tableProfile?.rowCount;
  const own = tags.filter(({ column }) => column === null);
  return el(
    'section',
    { class: 'card stack', 'aria-label': 'About' },
    request.description ? el('p', {}, request.description) : null,
    own.length === 0 ? null : el('p', {}, tagList(own)),
    facts([
      ['Name', request.name],
      ['Kind', request.tableType],
      ['Columns', count(columns.length)],
      ['Rows', rows === undefined ? null : count(rows)],
      ['Changed', moment(provenance.updatedAt)],
      ['Seen', moment(provenance.seenAt)],
      [
        'By run',
        el(
          'a',
          { href: `#/run/${provenance.runId}` },
          `${provenance.runId}, attempt ${provenance.attempt}`,
        ),
      ],
      ['In the source', sourceLink(request.sourceUrl)],
    ]),
  );
}

/** Only an address of the web becomes a link: the text comes from outside. */
function sourceLink(address) {
  return typeof address === 'string' && address.startsWith('https://')
    ? el('a', { href: address, rel: 'noreferrer', target: '_blank' }, 'Open')
    : null;
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
  const own = [
    column.constraint,
    ...constraints
      .filter(
        ({ constraintType, columns }) =>
          constraintType !== 'FOREIGN_KEY' && columns.includes(column.name),
      )
      .map(({ constraintType }) => constraintType),
  ];
  const tags = [...new Set(own)]
    .filter((name) => Object.hasOwn(CONSTRAINT_NAMES, name ?? ''))
    .map((name) =>
      el('span', { class: `tag ${CONSTRAINT_NAMES[name][1]}` }, CONSTRAINT_NAMES[name][0]),
    );
  const foreign = constraints
    .filter(({ constraintType }) => constraintType === 'FOREIGN_KEY')
    .flatMap(({ columns, referredColumns }) =>
      columns.flatMap((name, index) => (name === column.name ? [referredColumns?.[index]] : [])),
    );
  return el('div', {}, tags, foreign.filter(Boolean).map(foreignKey));
}

/** A link to the table that a column points to. The last part of the name is the column. */
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

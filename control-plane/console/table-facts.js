/** What is known about a table beyond its columns. */
import { count, counted, el, facts, moment, row, table } from './dom.js';

export function tagList(tags) {
  return tags.map(({ tagFQN, description }) =>
    el('span', { class: 'tag label', title: description }, tagFQN),
  );
}

export function ownersPanel(owners) {
  if (owners.length === 0) return null;
  const people = Map.groupBy(owners, ({ name, email }) => email ?? name ?? 'unnamed');
  return el(
    'section',
    { class: 'card', 'aria-label': 'Owners' },
    el('h2', {}, 'Owners'),
    el(
      'p',
      { class: 'soft small' },
      'Whom the source names as responsible. Nobody’s ownership is changed by it.',
    ),
    el(
      'ul',
      {},
      [...people].map(([who, of]) =>
        el(
          'li',
          {},
          el('strong', {}, who),
          of[0].name && of[0].name !== who ? ` ${of[0].name}` : null,
          el('span', { class: 'soft small' }, ` ${ownedBy(of)}`),
        ),
      ),
    ),
  );
}

function ownedBy(owned) {
  const columns = owned.map(({ column }) => column).filter((column) => column !== null);
  return columns.length === owned.length
    ? columns.join(', ')
    : ['the table', ...columns].join(', ');
}

/** Triggers and flows that touch the table. */
export function codePanel(code) {
  if (code.length === 0) return null;
  return el(
    'section',
    { class: 'card', 'aria-label': 'Code' },
    el('h2', {}, 'Code'),
    el(
      'ul',
      {},
      code.map(({ service, type, fqn, name, description }) =>
        el(
          'li',
          {},
          el(
            'a',
            { href: `#/entity/${[service, type, fqn].map(encodeURIComponent).join('/')}` },
            name,
          ),
          description ? el('span', { class: 'soft small' }, ` ${description}`) : null,
        ),
      ),
    ),
  );
}

const PROFILE_COLUMNS = [
  ['Column'],
  ['Values', 'number'],
  ['Missing', 'number'],
  ['Different', 'number'],
  ['Least'],
  ['Most'],
  ['Mean', 'number'],
];

export function profilePanel(profile) {
  if (profile === null) return null;
  const { tableProfile = {}, columnProfile = [] } = profile;
  const shown = (value) => (value === undefined || value === null ? '–' : String(value));
  const share = (value) => (typeof value === 'number' ? `${(value * 100).toFixed(1)} %` : '–');
  return el(
    'section',
    { class: 'card', 'aria-label': 'Profile' },
    el('h2', {}, 'Profile'),
    facts([
      ['Rows', tableProfile.rowCount === undefined ? null : count(tableProfile.rowCount)],
      ['Columns', tableProfile.columnCount === undefined ? null : count(tableProfile.columnCount)],
      [
        'Sampled',
        tableProfile.profileSample === undefined
          ? null
          : `${tableProfile.profileSample} ${tableProfile.profileSampleType === 'ROWS' ? 'rows' : '%'}`,
      ],
      ['Taken', typeof tableProfile.timestamp === 'number' ? moment(tableProfile.timestamp) : null],
    ]),
    columnProfile.length === 0
      ? null
      : el(
          'details',
          {},
          el('summary', {}, `Columns (${columnProfile.length})`),
          table(
            'Profile of columns',
            PROFILE_COLUMNS,
            columnProfile.map((column) =>
              row(PROFILE_COLUMNS, [
                el('span', { class: 'mono' }, column.name),
                shown(column.valuesCount),
                share(column.nullProportion),
                shown(column.distinctCount),
                shown(column.min),
                shown(column.max),
                shown(column.mean),
              ]),
            ),
          ),
        ),
  );
}

export function samplePanel(sample) {
  const [columns, rows] = ['columns', 'rows'].map((name) =>
    Array.isArray(sample?.[name]) ? sample[name] : [],
  );
  const title = el('h2', {}, 'Sample rows');
  if (rows.length === 0) {
    const word =
      sample === null
        ? 'None. They are read only when the ingestion asks for them and the runner’s own policy permits it.'
        : 'None: there was no row, or no column that may be shown.';
    return el(
      'section',
      { class: 'card', 'aria-label': 'Samples' },
      title,
      el('p', { class: 'soft small' }, word),
    );
  }
  const titles = columns.map((name) => [String(name)]);
  return el(
    'section',
    { 'aria-label': 'Samples' },
    title,
    table(
      'Sample rows',
      titles,
      rows.slice(0, MOST_ROWS).map((values) =>
        row(
          titles,
          titles.map((_, index) => cell(values[index])),
        ),
      ),
    ),
  );
}

const MOST_ROWS = 100;

function cell(value) {
  return value === null || value === undefined ? el('span', { class: 'soft' }, '–') : String(value);
}

const SHOWN_ELSEWHERE = new Set(['columns', 'owners']);

/** Everything else, in the source's own words; what has a place of its own on the page is left out. */
export function propertiesPanel(properties) {
  const entries = Object.entries(properties).filter(
    ([name, value]) =>
      !SHOWN_ELSEWHERE.has(name) && value !== null && !(Array.isArray(value) && value.length === 0),
  );
  if (entries.length === 0) return null;
  return el(
    'section',
    { class: 'card', 'aria-label': 'Properties' },
    el('h2', {}, 'Properties'),
    el(
      'dl',
      { class: 'properties' },
      entries.flatMap(([name, value]) => [
        el('dt', {}, spaced(name)),
        el('dd', {}, shownValue(value)),
      ]),
    ),
  );
}

/** `validationRules` → `Validation rules`. */
function spaced(name) {
  const words = name.replaceAll(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function shownValue(value) {
  if (Array.isArray(value))
    return value.every((item) => typeof item !== 'object')
      ? value.join(', ')
      : el(
          'ul',
          {},
          value.map((item) => el('li', {}, shownValue(item))),
        );
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .map(([name, member]) => [spaced(name), ': ', shownValue(member)])
      .flatMap((parts, index) => (index === 0 ? parts : ['; ', ...parts]))
      .flat();
  return typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value);
}

/** What is known about one column, below its description. */
export function columnNotes({ formula, rollUp, helpText, picklist, relationship, encrypted } = {}) {
  return [
    helpText ? el('div', { class: 'soft small' }, helpText) : null,
    formula ? el('code', { class: 'block' }, formula) : null,
    rollUp ? el('div', { class: 'small' }, 'Roll-up: ', shownValue(rollUp)) : null,
    relationship && relationship.targets?.length > 1
      ? el('div', { class: 'small' }, `Leads to ${relationship.targets.join(', ')}`)
      : null,
    encrypted ? el('div', { class: 'small' }, 'Encrypted') : null,
    picklist ? picklistNote(picklist) : null,
  ];
}

function picklistNote({ values = [], total, dependsOn }) {
  return el(
    'details',
    { class: 'small' },
    el(
      'summary',
      {},
      `${counted(total ?? values.length, 'values')}${dependsOn ? `, by ${dependsOn}` : ''}`,
    ),
    el(
      'ul',
      {},
      values
        .slice(0, 100)
        .map(({ value, label, active, default: usual }) =>
          el(
            'li',
            {},
            el('span', { class: 'mono' }, value),
            label ? ` ${label}` : null,
            active === false ? el('span', { class: 'soft' }, ' (inactive)') : null,
            usual ? el('span', { class: 'soft' }, ' (default)') : null,
          ),
        ),
    ),
  );
}

/** Profiles and sample rows of a table. */
import { el } from './dom.js';
import { count, moment } from './format.js';
import { facts, panel, row, table } from './layout.js';

const PROFILE_COLUMNS = [
  ['Column'],
  ['Values', 'number'],
  ['Missing', 'number'],
  ['Distinct', 'number'],
  ['Minimum'],
  ['Maximum'],
  ['Mean', 'number'],
];
const MAX_ROWS = 100;
const NOT_REQUESTED =
  'None. Sample rows are read only when the ingestion requests them and the runner’s policy permits it.';
const NOTHING_TO_SHOW = 'None: the table has no rows, or no columns that may be shown.';

export function profilePanel(profile) {
  if (profile === null) return null;
  const { tableProfile = {}, columnProfile = [] } = profile;
  return panel('Profile', tableFacts(tableProfile), columnDetails(columnProfile));
}

function tableFacts({ rowCount, columnCount, profileSample, profileSampleType, timestamp }) {
  const optional = (value) => (value === undefined ? null : count(value));
  const unit = profileSampleType === 'ROWS' ? 'rows' : '%';
  return facts([
    ['Rows', optional(rowCount)],
    ['Columns', optional(columnCount)],
    ['Sampled', profileSample === undefined ? null : `${profileSample} ${unit}`],
    ['Profiled', typeof timestamp === 'number' ? moment(timestamp) : null],
  ]);
}

function columnDetails(columns) {
  if (columns.length === 0) return null;
  return el(
    'details',
    {},
    el('summary', {}, `Columns (${columns.length})`),
    table('Profile of columns', PROFILE_COLUMNS, columns.map(profileRow)),
  );
}

function profileRow({ name, valuesCount, nullProportion, distinctCount, min, max, mean }) {
  const share = typeof nullProportion === 'number' ? `${(nullProportion * 100).toFixed(1)} %` : '–';
  return row(PROFILE_COLUMNS, [
    el('span', { class: 'mono' }, name),
    shown(valuesCount),
    share,
    shown(distinctCount),
    shown(min),
    shown(max),
    shown(mean),
  ]);
}

function shown(value) {
  return value === undefined || value === null ? '–' : String(value);
}

export function samplePanel(sample) {
  const [columns, rows] = ['columns', 'rows'].map((name) =>
    Array.isArray(sample?.[name]) ? sample[name] : [],
  );
  const title = el('h2', {}, 'Sample rows');
  if (rows.length === 0) {
    const note = el(
      'p',
      { class: 'soft small' },
      sample === null ? NOT_REQUESTED : NOTHING_TO_SHOW,
    );
    return el('section', { class: 'card', 'aria-label': 'Samples' }, title, note);
  }
  const titles = columns.map((name) => [String(name)]);
  const cells = (values) => titles.map((_, index) => cell(values[index]));
  const sampleRows = rows.slice(0, MAX_ROWS).map((values) => row(titles, cells(values)));
  return el(
    'section',
    { 'aria-label': 'Samples' },
    title,
    table('Sample rows', titles, sampleRows),
  );
}

function cell(value) {
  return value === null || value === undefined ? el('span', { class: 'soft' }, '–') : String(value);
}

import { get } from './api.js';
import { el, replace } from './dom.js';
import { partsOf } from './format.js';
import { lineageDrawing } from './lineage-drawing.js';

const DEPTHS = [
  ['1', '1 step'],
  ['2', '2 steps'],
  ['3', '3 steps'],
];
const MAX_COLUMN_ROWS = 100;

/** A drawing of the tables upstream and downstream of a table, with their columns below it. */
export function lineagePanel(fqn, signal) {
  const depth = el(
    'select',
    { id: 'lineage-depth' },
    DEPTHS.map(([value, name]) => el('option', { value }, name)),
  );
  const place = el('div', { class: 'stack' });
  const load = async () => {
    const depths = `upstreamDepth=${depth.value}&downstreamDepth=${depth.value}`;
    const graph = await get(`/lineage/${encodeURIComponent(fqn)}?${depths}`, signal);
    replace(
      place,
      graph.edges.length === 0
        ? el('p', { class: 'soft' }, 'No lineage for this table.')
        : [lineageDrawing(graph), notes(graph), columnList(graph)],
    );
  };
  const draw = () =>
    load().catch((error) => {
      if (!signal.aborted) replace(place, el('p', { class: 'soft', role: 'alert' }, error.message));
    });
  depth.addEventListener('change', draw);
  return { element: panelElement(depth, place), draw };
}

function panelElement(depth, place) {
  return el(
    'section',
    { class: 'card', 'aria-label': 'Lineage' },
    el(
      'div',
      { class: 'head' },
      el('h2', {}, 'Lineage'),
      el('div', { class: 'inline' }, el('label', { for: depth.id }, 'Depth'), depth),
    ),
    place,
  );
}

function notes({ truncated, nodes }) {
  const texts = [
    truncated ? 'Some tables are not shown.' : null,
    nodes.some(({ known, deleted }) => !known || deleted)
      ? 'Dashed: not in the catalog, or deleted.'
      : null,
  ].filter(Boolean);
  return texts.length === 0 ? null : el('p', { class: 'soft small' }, texts.join(' '));
}

function columnList({ edges }) {
  const columns = edges.flatMap((edge) =>
    edge.columns.map((column) => ({ ...column, about: column.function ?? edge.description })),
  );
  if (columns.length === 0) return null;
  return el(
    'details',
    {},
    el('summary', {}, `Columns (${columns.length})`),
    el(
      'ul',
      { class: 'ways' },
      columns
        .slice(0, MAX_COLUMN_ROWS)
        .map(({ from, to, about }) =>
          el(
            'li',
            {},
            el('span', { class: 'mono' }, `${from.map(ofTable).join(', ')} → ${ofTable(to)}`),
            about ? el('div', { class: 'soft small' }, about) : null,
          ),
        ),
    ),
  );
}

const ofTable = (column) => partsOf(column).slice(-2).join('.');

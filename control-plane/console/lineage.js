import { get } from './api.js';
import { el, partsOf, replace, svg } from './dom.js';

const BOX = { width: 186, height: 44, gapX: 72, gapY: 16, margin: 12 };
const DEPTHS = [
  ['1', '1 step'],
  ['2', '2 steps'],
  ['3', '3 steps'],
];
/** Beyond it a list reads better than a picture. */
const MAX_COLUMN_ROWS = 100;

/** A picture of where a table's data comes from and goes to, with the columns below it. */
export function lineagePanel(fqn, signal) {
  const depth = el(
    'select',
    { id: 'lineage-depth' },
    DEPTHS.map(([value, name]) => el('option', { value }, name)),
  );
  const place = el('div', { class: 'stack' });
  const load = async () => {
    const graph = await get(
      `/lineage/${encodeURIComponent(fqn)}?upstreamDepth=${depth.value}&downstreamDepth=${depth.value}`,
      signal,
    );
    replace(
      place,
      graph.edges.length === 0
        ? el('p', { class: 'soft' }, 'No lineage has come in for this table.')
        : [picture(graph), notes(graph), columnList(graph)],
    );
  };
  const draw = () =>
    load().catch(
      (error) =>
        signal.aborted || replace(place, el('p', { class: 'soft', role: 'alert' }, error.message)),
    );
  depth.addEventListener('change', draw);
  const element = el(
    'section',
    { class: 'card', 'aria-label': 'Lineage' },
    el(
      'div',
      { class: 'head' },
      el('h2', {}, 'Lineage'),
      el('div', { class: 'inline' }, el('label', { for: 'lineage-depth' }, 'As far as'), depth),
    ),
    place,
  );
  return { element, draw };
}

function picture(graph) {
  const places = arrange(graph.nodes);
  const width = Math.max(...[...places.values()].map(({ x }) => x)) + BOX.width + BOX.margin;
  const height = Math.max(...[...places.values()].map(({ y }) => y)) + BOX.height + BOX.margin;
  return el(
    'div',
    { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Picture of the lineage' },
    svg(
      'svg',
      {
        class: 'lineage',
        width,
        height,
        viewBox: `0 0 ${width} ${height}`,
        role: 'group',
        'aria-label': `${graph.nodes.length} tables, ${graph.edges.length} ways between them`,
      },
      svg(
        'defs',
        {},
        svg(
          'marker',
          {
            id: 'tip',
            viewBox: '0 0 8 8',
            refX: 7,
            refY: 4,
            markerWidth: 7,
            markerHeight: 7,
            orient: 'auto',
          },
          svg('path', { d: 'M0 0L8 4L0 8z' }),
        ),
      ),
      graph.edges.map((edge) => arrow(edge, places)),
      graph.nodes.map((node) => box(node, places.get(node.fqn))),
    ),
  );
}

/** A column for each level, left to right; the shorter columns stand in the middle. */
function arrange(nodes) {
  const levels = Map.groupBy(
    nodes.toSorted((a, b) => a.name.localeCompare(b.name)),
    ({ level }) => level,
  );
  const tallest = Math.max(...[...levels.values()].map(({ length }) => length));
  const places = new Map();
  for (const [column, level] of [...levels.keys()].toSorted((a, b) => a - b).entries()) {
    const start = (tallest - levels.get(level).length) / 2;
    for (const [index, { fqn }] of levels.get(level).entries()) {
      places.set(fqn, {
        level,
        x: BOX.margin + column * (BOX.width + BOX.gapX),
        y: BOX.margin + (start + index) * (BOX.height + BOX.gapY),
      });
    }
  }
  return places;
}

function box(node, { x, y }) {
  const label = node.displayName ?? node.name;
  const look = [
    'node',
    node.level === 0 ? 'self' : '',
    node.deleted || !node.known ? 'gone' : '',
  ].join(' ');
  const drawn = svg(
    'g',
    { class: look },
    svg('title', {}, node.deleted ? `${node.fqn} (deleted)` : node.fqn),
    svg('rect', { x, y, width: BOX.width, height: BOX.height, rx: 7 }),
    svg('text', { x: x + 12, y: y + 19 }, shorten(label)),
    svg('text', { x: x + 12, y: y + 35, class: 'soft' }, shorten(node.name)),
  );
  return node.known && node.level !== 0
    ? svg('a', { href: `#/table/${encodeURIComponent(node.fqn)}`, 'aria-label': label }, drawn)
    : drawn;
}

function shorten(text) {
  return text.length > 24 ? `${text.slice(0, 23)}…` : text;
}

function arrow({ from, to, source }, places) {
  const [start, end] = [places.get(from), places.get(to)];
  if (start === end) return null;
  const [x1, y1, x2, y2] = [
    sideOf(start, end),
    start.y + BOX.height / 2,
    sideOf(end, start),
    end.y + BOX.height / 2,
  ];
  const bend = Math.max(40, Math.abs(x2 - x1) / 2);
  const [bend1, bend2] = [x1 > start.x ? bend : -bend, x2 > end.x ? bend : -bend];
  return svg(
    'path',
    {
      class: 'edge',
      d: `M${x1} ${y1}C${x1 + bend1} ${y1} ${x2 + bend2} ${y2} ${x2} ${y2}`,
      'marker-end': 'url(#tip)',
    },
    svg('title', {}, source ?? 'lineage'),
  );
}

/** Where a way meets a box: at the side that faces the other box, and between boxes of one column at the side of the middle, so that none leaves the picture. */
function sideOf(box, other) {
  const toTheRight = other.x === box.x ? box.level < 0 : other.x > box.x;
  return toTheRight ? box.x + BOX.width : box.x;
}

function notes({ truncated, nodes }) {
  const texts = [
    truncated ? 'There is more than this picture holds.' : null,
    nodes.some(({ known, deleted }) => !known || deleted)
      ? 'Dashed: not in the catalog, or deleted.'
      : null,
  ].filter(Boolean);
  return texts.length === 0 ? null : el('p', { class: 'soft small' }, texts.join(' '));
}

function columnList({ edges }) {
  const ways = edges.flatMap((edge) =>
    edge.columns.map((column) => ({ ...column, about: column.function ?? edge.description })),
  );
  if (ways.length === 0) return null;
  return el(
    'details',
    {},
    el('summary', {}, `Columns (${ways.length})`),
    el(
      'ul',
      { class: 'ways' },
      ways
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

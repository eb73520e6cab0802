/** Draws a lineage graph as SVG. */
import { el, svg } from './dom.js';

const BOX = { width: 186, height: 44, gapX: 72, gapY: 16, margin: 12 };
const MAX_LABEL = 24;

export function lineageDrawing({ nodes, edges }) {
  const places = arrange(nodes);
  const all = [...places.values()];
  const width = Math.max(...all.map(({ x }) => x)) + BOX.width + BOX.margin;
  const height = Math.max(...all.map(({ y }) => y)) + BOX.height + BOX.margin;
  const attributes = {
    class: 'lineage',
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    role: 'group',
    'aria-label': `${nodes.length} tables, ${edges.length} edges`,
  };
  const drawing = svg(
    'svg',
    attributes,
    arrowHead(),
    edges.map((edge) => arrow(edge, places)),
    nodes.map((node) => box(node, places.get(node.fqn))),
  );
  const region = { class: 'scroll', tabindex: '0', role: 'region' };
  return el('div', { ...region, 'aria-label': 'Lineage drawing' }, drawing);
}

function arrowHead() {
  const size = { refX: 7, refY: 4, markerWidth: 7, markerHeight: 7 };
  return svg(
    'defs',
    {},
    svg(
      'marker',
      { id: 'tip', viewBox: '0 0 8 8', ...size, orient: 'auto' },
      svg('path', { d: 'M0 0L8 4L0 8z' }),
    ),
  );
}

/** Places each level in a column, left to right, vertically centered. */
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
  return text.length > MAX_LABEL ? `${text.slice(0, MAX_LABEL - 1)}…` : text;
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

/**
 * The side where an edge meets a box: facing the other box, or within one column facing the center,
 * so that the edge stays inside the drawing.
 */
function sideOf(box, other) {
  const toTheRight = other.x === box.x ? box.level < 0 : other.x > box.x;
  return toTheRight ? box.x + BOX.width : box.x;
}

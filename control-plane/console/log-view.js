import { el } from './dom.js';

const MAX_LINES = 5000;
const STYLED_LEVELS = new Set(['debug', 'warn', 'error']);

/** The log of a run. `add` appends a line and keeps the end in view if it was. */
export function logView() {
  const attributes = { role: 'log', 'aria-label': 'Log lines', tabindex: '0', hidden: true };
  const lines = el('ol', { class: 'log', ...attributes });
  const empty = el('p', { class: 'soft note' }, 'No log lines yet.');
  const element = el(
    'section',
    { class: 'card flush', 'aria-label': 'Log' },
    el('h2', {}, 'Log'),
    empty,
    lines,
  );
  const add = (line) => {
    empty.hidden = true;
    lines.hidden = false;
    const atEnd = lines.scrollHeight - lines.scrollTop - lines.clientHeight < 40;
    lines.append(lineElement(line));
    if (lines.childElementCount > MAX_LINES) lines.firstElementChild.remove();
    if (atEnd) lines.scrollTop = lines.scrollHeight;
  };
  return { element, add };
}

function lineElement({ time, level, message, data, attempt }) {
  const details = data === null ? '' : ` ${JSON.stringify(data)}`;
  return el(
    'li',
    { class: STYLED_LEVELS.has(level) ? level : '' },
    el(
      'span',
      { class: 'soft', title: `Attempt ${attempt}` },
      time === null ? '' : new Date(time).toISOString().slice(11, 23),
    ),
    el('span', {}, level),
    el('span', {}, message + details),
  );
}

/** Parts that all pages share. */
import { el } from './dom.js';

/** A table with a caption for screen readers. `columns` are [title, class] pairs. */
export function table(caption, columns, rows) {
  const titles = columns.map(([title, kind]) => el('th', { scope: 'col', class: kind }, title));
  const contents = el(
    'table',
    { 'aria-label': caption },
    el('thead', {}, el('tr', {}, titles)),
    el('tbody', {}, rows),
  );
  return el(
    'div',
    { class: 'card flush' },
    el('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption }, contents),
  );
}

export function row(columns, cells) {
  return el(
    'tr',
    {},
    cells.map((cell, index) => el('td', { class: columns[index][1] }, cell)),
  );
}

export function heading(title, { crumb, actions, note } = {}) {
  return el(
    'div',
    { class: 'head' },
    el(
      'div',
      {},
      crumb ? el('p', { class: 'crumb' }, crumb) : null,
      el('h1', {}, title),
      note ? el('p', { class: 'soft' }, note) : null,
    ),
    actions ? el('div', { class: 'actions' }, actions) : null,
  );
}

export function facts(pairs, look = '') {
  return el(
    'dl',
    { class: `facts ${look}` },
    pairs
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value))),
  );
}

/** A titled section of a page. */
export function panel(title, ...children) {
  return el('section', { class: 'card', 'aria-label': title }, el('h2', {}, title), ...children);
}

/** Shown where a list has no entries. */
export function emptyCard(...children) {
  return el('div', { class: 'card empty' }, ...children);
}

/** A labeled input of a filter or form. */
export function labeled(label, input, look = '') {
  return el('div', { class: `field ${look}` }, el('label', { for: input.id }, label), input);
}

const STATE_LOOKS = {
  queued: ['', 'Queued'],
  offered: ['busy', 'Offered'],
  running: ['busy', 'Running'],
  success: ['good', 'Succeeded'],
  partialSuccess: ['warn', 'Partially succeeded'],
  failed: ['bad', 'Failed'],
  cancelled: ['', 'Canceled'],
  expired: ['bad', 'Expired'],
};

export function stateBadge(state) {
  const [look, name] = STATE_LOOKS[state] ?? ['', state];
  return el('span', { class: `badge ${look}` }, name);
}

export const STATES = Object.entries(STATE_LOOKS).map(([state, [, name]]) => [state, name]);

export function isEnded(state) {
  return !['queued', 'offered', 'running'].includes(state);
}

let noticeTimer;

/** Shows a message in the corner for a while; screen readers announce it. */
export function notice(text) {
  const corner = document.getElementById('notice');
  corner.textContent = text;
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => {
    corner.textContent = '';
  }, 6000);
}

/** A button that is disabled while its action runs, and shows the error if it fails. */
export function actionButton(name, work, look = '') {
  const button = el(
    'button',
    {
      type: 'button',
      class: look,
      onclick: async () => {
        button.disabled = true;
        try {
          await work();
        } catch (error) {
          notice(`${error.message} ${error.remedy ?? ''}`);
        } finally {
          button.disabled = false;
        }
      },
    },
    name,
  );
  return button;
}

/**
 * Calls `work` now and every `ms` milliseconds until the signal aborts. Shows errors and continues.
 */
export async function repeat(ms, signal, work) {
  while (!signal.aborted) {
    try {
      await work();
    } catch (error) {
      if (signal.aborted) return;
      notice(error.message);
    }
    await new Promise((resolve) => {
      setTimeout(resolve, ms);
      signal.addEventListener('abort', resolve, { once: true });
    });
  }
}

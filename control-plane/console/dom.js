/**
 * Building pages. Text from outside gets into a page as text only: nothing here, or anywhere in the console, parses HTML.
 */

/**
 * An element with attributes and children. `on…` attributes are listeners; null and false are left out; text becomes a text node.
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== null && value !== false && value !== undefined)
      element.setAttribute(name, String(value));
  }
  element.append(
    ...children.flat().filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

/** The same for pictures, whose elements live in a namespace of their own. */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(
    ...children.flat().filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

/** Draws anew what is in `parent`; a link or field that has the focus keeps it. */
export function replace(parent, ...children) {
  const focused = parent.contains(document.activeElement) ? document.activeElement : null;
  parent.replaceChildren(
    ...children.flat().filter((child) => child !== null && child !== undefined && child !== false),
  );
  if (focused === null || focused.isConnected) return;
  const same = [...parent.querySelectorAll('a, button, input, select, [tabindex]')].find(
    (element) =>
      element.tagName === focused.tagName &&
      element.id === focused.id &&
      element.getAttribute('href') === focused.getAttribute('href') &&
      element.textContent === focused.textContent,
  );
  same?.focus({ preventScroll: true });
}

/** A table with a caption for those who do not see it. `columns` are [title, class] pairs. */
export function table(caption, columns, rows) {
  return el(
    'div',
    { class: 'card flush' },
    el(
      'div',
      { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption },
      el(
        'table',
        { 'aria-label': caption },
        el(
          'thead',
          {},
          el(
            'tr',
            {},
            columns.map(([title, kind]) => el('th', { scope: 'col', class: kind }, title)),
          ),
        ),
        el('tbody', {}, rows),
      ),
    ),
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

const STATE_LOOKS = {
  queued: ['', 'Queued'],
  offered: ['busy', 'Offered'],
  running: ['busy', 'Running'],
  success: ['good', 'Succeeded'],
  partialSuccess: ['warn', 'Partly succeeded'],
  failed: ['bad', 'Failed'],
  cancelled: ['', 'Cancelled'],
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

/** The parts of a fully qualified name; one that holds a dot stands in quotes. */
export function partsOf(fqn) {
  return (fqn.match(/"(?:[^"\\]|\\.)*"|[^.]+/g) ?? [fqn]).map((part) =>
    part.replaceAll(/^"|"$/g, ''),
  );
}

export const KINDS = { metadata: 'Metadata ingestion', test_connection: 'Connection test' };

export function moment(ms) {
  if (ms === null) return '–';
  const date = new Date(ms);
  return el('time', { datetime: date.toISOString(), title: date.toLocaleString() }, ago(ms));
}

function ago(ms) {
  const seconds = Math.round((Date.now() - ms) / 1000);
  if (seconds < 5) return 'just now';
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return new Date(ms).toLocaleDateString();
}

export function duration(from, to) {
  if (from === null) return '–';
  const seconds = ((to ?? Date.now()) - from) / 1000;
  return seconds < 60
    ? `${seconds.toFixed(1)} s`
    : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

export function count(value) {
  return Number(value).toLocaleString('en');
}

/** `1 table`, `2 tables`. */
export function counted(value, plural) {
  return `${count(value)} ${Number(value) === 1 ? plural.slice(0, -1) : plural}`;
}

export function bytes(value) {
  if (value === null) return '–';
  if (value < 1024) return `${value} B`;
  return value < 1024 * 1024
    ? `${(value / 1024).toFixed(1)} KB`
    : `${(value / 1024 / 1024).toFixed(1)} MB`;
}

let noticeTimer;

/** Says something in the corner for a while; screen readers hear it. */
export function notice(text) {
  const place = document.getElementById('notice');
  place.textContent = text;
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => {
    place.textContent = '';
  }, 6000);
}

/** A button that is off while its work goes on, and says what went wrong. */
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

/** Calls `work` now and again until the signal aborts; a failure waits for the next time. */
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

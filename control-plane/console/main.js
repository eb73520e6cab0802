import { session } from './api.js';
import { el, replace } from './dom.js';
import { entitiesPage } from './entities.js';
import { entityPage } from './entity.js';
import { runnersPage } from './runners.js';
import { runPage } from './run.js';
import { runsPage } from './runs.js';
import { servicesPage } from './services.js';
import { signIn } from './sign-in.js';
import { tablePage } from './table.js';
import { tablesPage } from './tables.js';

/**
 * A page gets an element to draw in, a signal that aborts when the reader leaves, and the rest of
 * the address.
 */
const PAGES = {
  runs: runsPage,
  run: runPage,
  services: servicesPage,
  tables: tablesPage,
  table: tablePage,
  entities: entitiesPage,
  entity: entityPage,
  runners: runnersPage,
};
const SECTION = { run: 'runs', table: 'tables', entity: 'entities' };

const main = document.getElementById('main');
const bar = document.getElementById('bar');
let leaving = new AbortController();

function show() {
  leaving.abort();
  leaving = new AbortController();
  bar.hidden = session.token() === null;
  if (session.token() === null) return signIn(main, show);
  const { page, address } = parseAddress(location.hash);
  markCurrent(SECTION[page] ?? page);
  const place = el('div', { class: 'stack' });
  replace(main, place);
  const { signal } = leaving;
  PAGES[page](place, signal, address).then(setTitle, (error) => {
    if (!signal.aborted && session.token() !== null) replace(place, problem(error));
  });
}

function parseAddress(hash) {
  const [path, query = ''] = hash.replace(/^#\/?/, '').split('?');
  const [name, ...rest] = path.split('/');
  return {
    page: Object.hasOwn(PAGES, name) ? name : 'runs',
    address: {
      id: decodeURIComponent(rest.join('/')),
      parts: rest.map(decodeURIComponent),
      query: new URLSearchParams(query),
    },
  };
}

function markCurrent(section) {
  for (const link of document.querySelectorAll('#nav a')) {
    if (link.getAttribute('href') === `#/${section}`) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
}

function setTitle() {
  document.title = `${main.querySelector('h1')?.textContent ?? 'Console'} · Hybrid runner`;
}

function problem({ message, remedy }) {
  return el(
    'div',
    { class: 'card problem', role: 'alert' },
    el('h1', {}, 'Cannot show this page'),
    el('p', {}, message),
    el('p', { class: 'soft' }, remedy ?? ''),
  );
}

document.getElementById('sign-out').addEventListener('click', () => {
  session.end();
  show();
});
addEventListener('signed-out', show);
addEventListener('hashchange', () => {
  show();
  main.focus();
  scrollTo(0, 0);
});
show();

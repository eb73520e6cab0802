import { get, session } from './api.js';
import { el, replace } from './dom.js';
import { entitiesPage } from './entities.js';
import { entityPage } from './entity.js';
import { runnersPage } from './runners.js';
import { runPage } from './run.js';
import { runsPage } from './runs.js';
import { servicesPage } from './services.js';
import { tablePage } from './table.js';
import { tablesPage } from './tables.js';

/** Every page takes a place to draw in, a signal that aborts when the reader leaves, and what stands after its name in the address. */
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
  if (session.token() === null) return signIn();
  const [path, query = ''] = location.hash.replace(/^#\/?/, '').split('?');
  const [name, ...rest] = path.split('/');
  const page = Object.hasOwn(PAGES, name) ? name : 'runs';
  for (const link of document.querySelectorAll('#nav a')) {
    if (link.getAttribute('href') === `#/${SECTION[page] ?? page}`)
      link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  const place = el('div', { class: 'stack' });
  replace(main, place);
  const { signal } = leaving;
  PAGES[page](place, signal, {
    id: decodeURIComponent(rest.join('/')),
    parts: rest.map(decodeURIComponent),
    query: new URLSearchParams(query),
  }).then(
    () => titleOf(),
    (error) =>
      signal.aborted ||
      session.token() === null ||
      replace(
        place,
        el(
          'div',
          { class: 'card problem', role: 'alert' },
          el('h1', {}, 'This page could not be shown'),
          el('p', {}, error.message),
          el('p', { class: 'soft' }, error.remedy ?? ''),
        ),
      ),
  );
}

function titleOf() {
  document.title = `${main.querySelector('h1')?.textContent ?? 'Console'} · Hybrid runner`;
}

function signIn(problem) {
  document.title = 'Sign in · Hybrid runner';
  const input = el('input', {
    id: 'token',
    type: 'password',
    autocomplete: 'current-password',
    required: true,
    'aria-describedby': 'token-note',
  });
  const form = el(
    'form',
    {
      onsubmit: async (event) => {
        event.preventDefault();
        session.begin(input.value.trim());
        try {
          await get('/runners');
          show();
          main.focus();
        } catch (error) {
          session.end();
          signIn(error.status === 401 ? 'That is not the admin token.' : error.message);
        }
      },
    },
    el(
      'div',
      { class: 'field' },
      el('label', { for: 'token' }, 'Admin token'),
      input,
      el(
        'p',
        { class: 'soft small', id: 'token-note' },
        'It is in the file that the control plane named when it started.',
      ),
    ),
    problem ? el('p', { role: 'alert', class: 'badge bad' }, problem) : null,
    el('button', { type: 'submit' }, 'Sign in'),
  );
  replace(
    main,
    el(
      'section',
      { class: 'card gate' },
      el('h1', {}, 'Hybrid runner'),
      el('p', { class: 'soft' }, 'Control plane console'),
      form,
    ),
  );
  input.focus();
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

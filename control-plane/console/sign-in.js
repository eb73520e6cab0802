import { get, session } from './api.js';
import { el, replace } from './dom.js';
import { labeled } from './layout.js';

/** Shows the sign-in form in `main` and calls `done` once the token has been accepted. */
export function signIn(main, done, problem) {
  document.title = 'Sign in · Hybrid runner';
  const input = el('input', {
    id: 'token',
    type: 'password',
    autocomplete: 'current-password',
    required: true,
    'aria-describedby': 'token-note',
  });
  const submit = async (event) => {
    event.preventDefault();
    session.begin(input.value.trim());
    try {
      await get('/runners');
      done();
      main.focus();
    } catch (error) {
      session.end();
      signIn(main, done, error.status === 401 ? 'The admin token is not valid.' : error.message);
    }
  };
  replace(main, card(input, submit, problem));
  input.focus();
}

function card(input, submit, problem) {
  const note = 'The control plane prints the name of the token file when it starts.';
  return el(
    'section',
    { class: 'card gate' },
    el('h1', {}, 'Hybrid runner'),
    el('p', { class: 'soft' }, 'Control plane console'),
    el(
      'form',
      { onsubmit: submit },
      labeled('Admin token', input),
      el('p', { class: 'soft small', id: 'token-note' }, note),
      problem ? el('p', { role: 'alert', class: 'badge bad' }, problem) : null,
      el('button', { type: 'submit' }, 'Sign in'),
    ),
  );
}

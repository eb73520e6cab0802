import { post } from './api.js';
import { el } from './dom.js';
import { field } from './forms.js';
import { actionButton, notice } from './layout.js';

/**
 * Creates a token and shows it once, with the command that uses it. `before` closes the dialog that
 * this one replaces.
 */
export async function enrollDialog(pool = 'default', before = () => undefined) {
  const { token, expiresAt } = await post('/enrollment-tokens', { pool });
  before();
  const command = `hybrid-runner enroll --url wss://${location.host} --token-file -`;
  const dialog = el(
    'dialog',
    { 'aria-labelledby': 'enroll-title', onclose: () => dialog.remove() },
    instructions(command),
    el(
      'p',
      {},
      `Token (single use, shown only once, valid until ${new Date(expiresAt).toLocaleTimeString()}):`,
    ),
    el('pre', { id: 'enroll-token' }, token),
    poolForm(pool, (chosen) => enrollDialog(chosen, () => dialog.close())),
    el(
      'div',
      { class: 'actions' },
      actionButton('Copy command', () => copy(command), 'plain'),
      actionButton('Copy token', () => copy(token), 'plain'),
      el('button', { type: 'button', onclick: () => dialog.close() }, 'Done'),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
}

/** Another pool needs another token. */
function poolForm(pool, renew) {
  const input = field({
    id: 'enroll-pool',
    label: 'Pool of the runner',
    note: 'A service may name the pool whose runners take its runs.',
  });
  input.value = pool;
  const problem = el('p', { role: 'alert', class: 'small' });
  const submit = (event) => {
    event.preventDefault();
    renew(input.value).catch((error) => {
      problem.textContent = `${error.message} ${error.remedy ?? ''}`;
    });
  };
  const create = el('button', { type: 'submit', class: 'plain' }, 'Token for this pool');
  return el(
    'form',
    { class: 'stack', onsubmit: submit },
    input.element,
    el('div', { class: 'actions' }, create),
    problem,
  );
}

function instructions(command) {
  return [
    el('h2', { id: 'enroll-title' }, 'Enroll a runner'),
    el('p', {}, 'On the runner’s machine, paste this command, then the token, then press Ctrl-D:'),
    el('pre', { id: 'enroll-command' }, command),
    el(
      'p',
      { class: 'soft small' },
      'Add --ca-file with this control plane’s ca.pem if its certificate is issued by its own CA.',
    ),
  ];
}

async function copy(text) {
  await navigator.clipboard.writeText(text);
  notice('Copied.');
}

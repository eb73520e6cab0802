import { post } from './api.js';
import { el } from './dom.js';
import { actionButton, notice } from './layout.js';

/** Creates a token and shows it once, with the command that uses it. */
export async function enrollDialog() {
  const { token, expiresAt } = await post('/enrollment-tokens', {});
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

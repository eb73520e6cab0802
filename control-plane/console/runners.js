import { get, post } from './api.js';
import {
  actionButton,
  bytes,
  el,
  heading,
  moment,
  notice,
  repeat,
  replace,
  row,
  table,
} from './dom.js';

const COLUMNS = [
  ['Runner'],
  ['State'],
  ['Channel'],
  ['Version'],
  ['Capacity', 'number'],
  ['Undelivered', 'number'],
  ['Last seen'],
  ['', 'number'],
];

export async function runnersPage(place, signal) {
  const list = el('div', {});
  replace(
    place,
    heading('Runners', {
      note: 'A runner works inside a network and connects to here; nothing connects to it.',
      actions: actionButton('Enroll a runner', enroll),
    }),
    list,
  );
  await repeat(2000, signal, async () => {
    const { runners } = await get('/runners', signal);
    replace(
      list,
      runners.length === 0
        ? el(
            'div',
            { class: 'card empty' },
            el('p', {}, 'No runner has been enrolled yet.'),
            el('p', {}, 'Enroll one to get a token and the command to start it.'),
          )
        : table('Runners', COLUMNS, runners.map(runnerRow)),
    );
  });
}

function runnerRow(runner) {
  return row(COLUMNS, [
    el(
      'div',
      {},
      el('strong', {}, runner.name),
      el('div', { class: 'soft small' }, runner.platform),
      el('div', { class: 'soft small mono' }, runner.id),
    ),
    el(
      'div',
      {},
      stateOf(runner),
      runner.conditionMessage === ''
        ? null
        : el('div', { class: 'small' }, runner.conditionMessage),
    ),
    runner.channel === null ? '–' : { ws: 'WebSocket', grpc: 'gRPC' }[runner.channel],
    runner.version || '–',
    runner.capacity === null ? '–' : `${runner.running} of ${runner.capacity}`,
    bytes(runner.spoolBytes),
    moment(runner.lastSeenAt),
    runner.revoked
      ? null
      : el(
          'div',
          { class: 'actions end' },
          drainButton(runner),
          actionButton('Revoke', () => revoke(runner), 'quiet'),
        ),
  ]);
}

function stateOf(runner) {
  if (runner.revoked) return el('span', { class: 'badge bad' }, 'Revoked');
  if (runner.condition === 'IDENTITY_IN_USE')
    return el('span', { class: 'badge bad' }, 'Used from two places');
  if (!runner.connected) return el('span', { class: 'badge' }, 'Away');
  if (runner.condition !== '') return el('span', { class: 'badge warn' }, runner.condition);
  return runner.draining
    ? el('span', { class: 'badge warn' }, 'Draining')
    : el('span', { class: 'badge good' }, 'Connected');
}

/** A drained runner finishes what it has and gets nothing new. */
function drainButton({ id, name, drainReason }) {
  const path = `/runners/${encodeURIComponent(id)}`;
  if (drainReason === null)
    return actionButton(
      'Drain',
      () =>
        post(`${path}/drain`).then(() =>
          notice(`${name} finishes what it has and gets no more work.`),
        ),
      'quiet',
    );
  return actionButton(
    'Resume',
    () => post(`${path}/resume`).then(() => notice(`${name} may work again.`)),
    'quiet',
  );
}

async function revoke(runner) {
  if (!confirm(`Shut ${runner.name} out for good? Its runs go to other runners.`)) return;
  await post(`/runners/${encodeURIComponent(runner.id)}/revoke`);
  notice(`${runner.name} has been revoked.`);
}

async function enroll() {
  const { token, expiresAt } = await post('/enrollment-tokens', {});
  const command = `hybrid-runner enroll --url wss://${location.host} --token-file -`;
  const dialog = el(
    'dialog',
    { 'aria-labelledby': 'enroll-title', onclose: () => dialog.remove() },
    el('h2', { id: 'enroll-title' }, 'Enroll a runner'),
    el(
      'p',
      {},
      'On the machine that shall run it, paste this command, then the token, then press Ctrl-D:',
    ),
    el('pre', { id: 'enroll-command' }, command),
    el(
      'p',
      { class: 'soft small' },
      'Add --ca-file with this control plane’s ca.pem when it uses an authority of its own.',
    ),
    el(
      'p',
      {},
      `Token, shown this once. It works once, until ${new Date(expiresAt).toLocaleTimeString()}:`,
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

async function copy(text) {
  await navigator.clipboard.writeText(text);
  notice('Copied.');
}

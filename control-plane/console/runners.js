import { call, get, post } from './api.js';
import { el, replace } from './dom.js';
import { enrollDialog } from './enroll-dialog.js';
import { bytes, moment } from './format.js';
import { field, formDialog } from './forms.js';
import { actionButton, emptyCard, heading, notice, repeat, row, table } from './layout.js';

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
const CHANNELS = { ws: 'WebSocket', grpc: 'gRPC' };
const REFRESH_MS = 2000;

export async function runnersPage(place, signal) {
  const list = el('div', {});
  replace(
    place,
    heading('Runners', {
      note: 'A runner works inside a network and connects to this control plane; nothing connects to the runner.',
      actions: actionButton('Enroll a runner', () => enrollDialog()),
    }),
    list,
  );
  await repeat(REFRESH_MS, signal, async () => {
    const { runners } = await get('/runners', signal);
    replace(
      list,
      runners.length === 0 ? noRunners() : table('Runners', COLUMNS, runners.map(runnerRow)),
    );
  });
}

function noRunners() {
  return emptyCard(
    el('p', {}, 'No runners yet.'),
    el('p', {}, 'Enroll one to get a token and the command to start it.'),
  );
}

function runnerRow(runner) {
  return row(COLUMNS, [
    el(
      'div',
      {},
      el('strong', {}, runner.name),
      el('div', { class: 'soft small' }, `pool ${runner.pool} · ${runner.platform}`),
      el('div', { class: 'soft small mono' }, runner.id),
      identityKey(runner),
      runner.auditHead === null ? null : auditHead(runner.auditHead),
    ),
    el(
      'div',
      {},
      stateOf(runner),
      runner.conditionMessage === ''
        ? null
        : el('div', { class: 'small' }, runner.conditionMessage),
    ),
    runner.channel === null ? '–' : CHANNELS[runner.channel],
    runner.version || '–',
    runner.capacity === null ? '–' : `${runner.running} of ${runner.capacity}`,
    bytes(runner.spoolBytes),
    moment(runner.lastSeenAt),
    actions(runner),
  ]);
}

function stateOf(runner) {
  if (runner.revoked) return el('span', { class: 'badge bad' }, 'Revoked');
  if (runner.condition === 'IDENTITY_IN_USE')
    return el('span', { class: 'badge bad' }, 'Identity in use twice');
  if (runner.condition === 'AUDIT_TRAIL_CHANGED')
    return el('span', { class: 'badge bad' }, 'Audit trail changed');
  if (!runner.connected) return el('span', { class: 'badge' }, 'Not connected');
  if (runner.condition !== '') return el('span', { class: 'badge warn' }, runner.condition);
  return runner.draining
    ? el('span', { class: 'badge warn' }, 'Draining')
    : el('span', { class: 'badge good' }, 'Connected');
}

function actions(runner) {
  return el(
    'div',
    { class: 'actions end' },
    runner.auditProblem === null ? null : acknowledgeButton(runner),
    ...(runner.revoked ? [] : actionsOfValid(runner)),
  );
}

function actionsOfValid(runner) {
  return [
    actionButton('Move', () => moveRunner(runner), 'quiet'),
    runner.drainReason === null ? drainButton(runner) : resumeButton(runner),
    actionButton('Revoke', () => revoke(runner), 'quiet'),
  ];
}

function identityKey({ enrolledAt, keySince }) {
  return el(
    'div',
    { class: 'soft small', title: 'Since when the key of its identity is in force' },
    keySince > enrolledAt ? 'key replaced · ' : 'enrolled · ',
    moment(keySince),
  );
}

function auditHead({ number, receivedAt }) {
  return el(
    'div',
    { class: 'soft small', title: 'The end of its audit trail, as it has signed it' },
    `audit line ${number} signed · `,
    moment(receivedAt),
  );
}

/** The trail is compared with its newer head from then on. */
function acknowledgeButton(runner) {
  const acknowledge = async () => {
    const question = `Acknowledge that the audit trail of ${runner.name} was changed? The alarm ends; the heads stay as evidence.`;
    if (!confirm(question)) return;
    await post(`${pathOf(runner)}/audit-heads/acknowledge`);
    notice(`Alarm about the audit trail of ${runner.name} acknowledged.`);
  };
  return actionButton('Acknowledge', acknowledge, 'quiet');
}

const pathOf = ({ id }) => `/runners/${encodeURIComponent(id)}`;

/** A draining runner finishes its runs and gets no new ones. */
function drainButton(runner) {
  const drain = async () => {
    await post(`${pathOf(runner)}/drain`);
    notice(`${runner.name} finishes its runs and gets no new ones.`);
  };
  return actionButton('Drain', drain, 'quiet');
}

function resumeButton(runner) {
  const resume = async () => {
    await post(`${pathOf(runner)}/resume`);
    notice(`${runner.name} gets runs again.`);
  };
  return actionButton('Resume', resume, 'quiet');
}

function moveRunner(runner) {
  const pool = field({
    id: 'runner-pool',
    label: 'Pool',
    required: true,
    note: 'The runner finishes its runs. New ones are those of services with this pool, and of services without one.',
  });
  pool.value = runner.pool;
  const send = () => call('PATCH', pathOf(runner), { pool: pool.value });
  formDialog(`Move ${runner.name} to another pool`, pool.element, send, 'Runner moved.');
}

async function revoke(runner) {
  if (!confirm(`Revoke ${runner.name} permanently? Its runs go to other runners.`)) return;
  await post(`${pathOf(runner)}/revoke`);
  notice(`${runner.name} revoked.`);
}

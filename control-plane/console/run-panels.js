/** The panels of a run: errors, progress, facts, steps and failures. */
import { el } from './dom.js';
import { bytes, count, duration } from './format.js';
import { facts, isEnded } from './layout.js';
import { relayPanel } from './relay-panel.js';

const MAX_FAILURES = 100;
const CHANNELS = { ws: 'WebSocket', grpc: 'gRPC' };
const STATUS_LOOKS = { Successful: 'good', Failed: 'bad', Running: 'busy' };

export function runPanels(run) {
  return [
    run.error ? errorPanel(run) : null,
    isEnded(run.state) || !run.lastFailure ? null : previousAttempt(run),
    run.recordsKept
      ? null
      : el('p', { class: 'card' }, 'Records and log were deleted in favor of newer runs.'),
    el('section', { class: 'card', 'aria-label': 'Progress' }, progressBar(run), runFacts(run)),
    run.relay ? relayPanel(run.relay) : null,
    run.testConnection ? stepsPanel(run.testConnection) : null,
    run.failures.length > 0 ? failuresPanel(run.failures) : null,
    run.entities > 0 ? tablesLink(run) : null,
  ];
}

function tablesLink({ service }) {
  const href = `#/tables?service=${encodeURIComponent(service)}`;
  return el('p', {}, el('a', { href }, 'Browse the tables of this service'));
}

function errorPanel({ error, state }) {
  return el(
    'section',
    { class: `card problem ${state === 'partialSuccess' ? 'partly' : ''}`, role: 'alert' },
    errorText(error.message, error),
  );
}

/** Why the previous attempt was abandoned. */
function previousAttempt({ attempt, maxAttempts, lastFailure }) {
  const message = `Attempt ${attempt - 1} of ${maxAttempts} failed: ${lastFailure.message}`;
  return el(
    'section',
    { class: 'card problem partly', 'aria-label': 'Previous attempt' },
    errorText(message, lastFailure),
  );
}

function errorText(message, { remedy, code }) {
  return [
    el('strong', {}, message),
    el('p', { class: 'soft' }, remedy),
    el('p', { class: 'small mono soft' }, code),
  ];
}

function progressBar(run) {
  if (isEnded(run.state)) return null;
  if (run.state === 'queued' && run.waiting) return waitText(run);
  const { phase, done, total } = run.progress ?? { phase: phaseOf(run.state), done: 0, total: 0 };
  const known = total > 0;
  const progress = el('progress', {
    'aria-label': 'Progress of the run',
    max: known ? total : 1,
    value: known ? done : 0,
  });
  return el(
    'div',
    {},
    el('div', { class: 'meter' }, progress),
    el('p', { class: 'small soft' }, known ? `${phase}: ${count(done)} of ${count(total)}` : phase),
  );
}

function phaseOf(state) {
  return { queued: 'waiting for a runner', offered: 'offered to a runner', running: 'running' }[
    state
  ];
}

/** Why a queued run waits, and until when. */
function waitText({ waiting: { message, retryAt, remedy, endsAt }, attempt, maxAttempts }) {
  const details = [
    retryAt === null
      ? ''
      : `Attempt ${attempt} of ${maxAttempts} starts at ${new Date(retryAt).toLocaleTimeString()}.`,
    remedy,
    endsAt === null
      ? ''
      : `The run expires at ${new Date(endsAt).toLocaleString()} unless a runner takes it.`,
  ].filter((line) => line !== '');
  const sentence = `${message[0].toUpperCase()}${message.slice(1)}.`;
  return el(
    'div',
    {},
    el('p', { role: 'status', 'aria-label': 'Waiting' }, sentence),
    details.map((line) => el('p', { class: 'small soft' }, line)),
  );
}

function scheduledFor({ at, retry }) {
  const time = new Date(at).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' });
  return retry === 0 ? time : `${time}, repetition ${retry}`;
}

function runFacts(run) {
  const optional = (value) => (value === undefined ? null : count(value));
  return facts([
    ['Objects', optional(run.counts.objects)],
    ['Fields', optional(run.counts.fields)],
    ['Unchanged', optional(run.counts.unchanged)],
    ['Deadline', run.deadlineMs === 0 ? null : duration(0, run.deadlineMs)],
    ['Entities', run.testConnection ? null : count(run.entities)],
    ['Records', count(run.records)],
    ['API calls', optional(run.counts.apiCalls ?? run.progress?.apiCalls)],
    ['Transferred', bytes(run.wireBytes)],
    ['Duration', duration(run.startedAt, run.endedAt)],
    ['Attempt', `${run.attempt} of ${run.maxAttempts}`],
    ['Runner', run.runnerName ?? '–'],
    ['Pool', run.pool],
    ['Scheduled for', run.slot === null ? null : scheduledFor(run.slot)],
    ['Channel', run.channel === null ? null : CHANNELS[run.channel]],
    ['Integrity', run.integrity === 'ok' ? 'verified' : null],
  ]);
}

function stepsPanel({ status, steps }) {
  const none = status === 'Running' ? 'No step has finished yet.' : 'No step was reached.';
  return el(
    'section',
    { class: 'card', 'aria-label': 'Steps' },
    el(
      'div',
      { class: 'head' },
      el('h2', {}, 'Steps'),
      el('span', { class: `badge ${STATUS_LOOKS[status]}` }, status),
    ),
    steps.length === 0
      ? el('p', { class: 'soft' }, none)
      : el('ol', { class: 'steps' }, steps.map(stepItem)),
  );
}

function stepItem({ name, description, passed, mandatory, message, errorLog, remedy }) {
  const result = passed ? 'passed' : 'failed';
  return el(
    'li',
    {},
    el(
      'span',
      { class: `mark ${passed ? 'good' : 'bad'}`, role: 'img', 'aria-label': result },
      passed ? '✓' : '✗',
    ),
    el(
      'div',
      {},
      el('strong', {}, name),
      mandatory ? null : el('span', { class: 'soft small' }, ' optional'),
      el('div', { class: 'soft small' }, description),
      message ? el('div', { class: 'small' }, message) : null,
      errorLog && errorLog !== message ? el('div', { class: 'small' }, errorLog) : null,
      remedy ? el('div', { class: 'small soft' }, remedy) : null,
    ),
  );
}

function failuresPanel(failures) {
  const items = failures
    .slice(0, MAX_FAILURES)
    .map(({ name, code, message, remedy }) =>
      el(
        'li',
        {},
        el('strong', {}, String(name)),
        ` ${message} `,
        el('span', { class: 'soft small' }, `${remedy ?? ''} ${code ?? ''}`),
      ),
    );
  return el(
    'section',
    { class: 'card', 'aria-label': 'Failures' },
    el('h2', {}, `Failed to read (${failures.length})`),
    el('ul', {}, items),
  );
}

import { followRun, get, post } from './api.js';
import {
  actionButton,
  bytes,
  count,
  duration,
  el,
  facts,
  heading,
  isEnded,
  KINDS,
  notice,
  replace,
  stateBadge,
} from './dom.js';

const MAX_LINES = 5000;

export async function runPage(place, signal, { id }) {
  let run = await get(`/runs/${encodeURIComponent(id)}`, signal);
  const summary = el('div', { class: 'stack' });
  const state = el('span', { role: 'status', 'aria-label': 'State' });
  const cancel = actionButton(
    'Cancel run',
    async () => {
      await post(`/runs/${encodeURIComponent(id)}/cancel`);
      notice('Cancelling: the runner has been asked to stop.');
    },
    'danger',
  );
  const log = logView();
  const draw = () => {
    if (state.dataset.state !== run.state) {
      state.dataset.state = run.state;
      replace(state, stateBadge(run.state));
    }
    cancel.hidden = isEnded(run.state) || run.cancelRequested;
    replace(summary, parts(run));
  };
  replace(
    place,
    heading(`${KINDS[run.kind]} of ${run.service}`, {
      crumb: el('a', { href: '#/runs' }, 'Runs'),
      note: el('span', { class: 'mono' }, run.id),
      actions: [state, cancel],
    }),
    summary,
    log.element,
  );
  draw();
  const clock = setInterval(() => isEnded(run.state) || draw(), 1000);
  signal.addEventListener('abort', () => clearInterval(clock));
  void followRun(
    id,
    {
      state: (news) => {
        run = { ...news, progress: run.progress };
        draw();
      },
      progress: (progress) => {
        run = { ...run, progress };
        draw();
      },
      log: (line) => log.add(line),
    },
    signal,
  ).then(() => clearInterval(clock));
}

function parts(run) {
  return [
    run.error ? problem(run.error, run.state === 'partialSuccess' ? 'partly' : '') : null,
    isEnded(run.state) || !run.lastFailure ? null : earlier(run),
    run.recordsKept
      ? null
      : el('p', { class: 'card' }, 'Its records and log were deleted because newer runs came.'),
    el('section', { class: 'card', 'aria-label': 'Progress' }, progressBar(run), figures(run)),
    run.testConnection ? steps(run.testConnection) : null,
    run.failures.length > 0 ? failures(run.failures) : null,
    run.kind === 'metadata' && run.entities > 0
      ? el(
          'p',
          {},
          el(
            'a',
            { href: `#/tables?service=${encodeURIComponent(run.service)}` },
            'Browse the tables that came in',
          ),
        )
      : null,
  ];
}

function problem({ code, message, remedy }, look) {
  return el(
    'section',
    { class: `card problem ${look}`, role: 'alert' },
    el('strong', {}, message),
    el('p', { class: 'soft' }, remedy),
    el('p', { class: 'small mono soft' }, code),
  );
}

/** What the attempt before the present one ended with. */
function earlier({ attempt, maxAttempts, lastFailure: { code, message, remedy } }) {
  return el(
    'section',
    { class: 'card problem partly', 'aria-label': 'Attempt before' },
    el('strong', {}, `Attempt ${attempt - 1} of ${maxAttempts} failed: ${message}`),
    el('p', { class: 'soft' }, remedy),
    el('p', { class: 'small mono soft' }, code),
  );
}

/** Why a queued run waits, and until when. */
function waiting({ waiting: wait, attempt, maxAttempts }) {
  if (!wait) return null;
  const more = [
    wait.retryAt === null
      ? null
      : `Attempt ${attempt} of ${maxAttempts} begins at ${new Date(wait.retryAt).toLocaleTimeString()}.`,
    wait.remedy === '' ? null : wait.remedy,
    wait.endsAt === null
      ? null
      : `The run ends at ${new Date(wait.endsAt).toLocaleString()} if no runner comes.`,
  ].filter((line) => line !== null);
  return el(
    'div',
    {},
    el(
      'p',
      { role: 'status', 'aria-label': 'Waiting' },
      `${wait.message[0].toUpperCase()}${wait.message.slice(1)}.`,
    ),
    more.map((line) => el('p', { class: 'small soft' }, line)),
  );
}

function progressBar(run) {
  if (isEnded(run.state)) return null;
  if (run.state === 'queued' && run.waiting) return waiting(run);
  const { phase, done, total } = run.progress ?? {
    phase: { queued: 'waiting for a runner', offered: 'offered to a runner', running: 'working' }[
      run.state
    ],
    done: 0,
    total: 0,
  };
  const known = total > 0;
  return el(
    'div',
    {},
    el(
      'div',
      { class: 'meter' },
      el('progress', {
        'aria-label': 'Progress of the run',
        max: known ? total : 1,
        value: known ? done : 0,
      }),
    ),
    el('p', { class: 'small soft' }, known ? `${phase}: ${count(done)} of ${count(total)}` : phase),
  );
}

function figures(run) {
  const calls = run.counts.apiCalls ?? run.progress?.apiCalls;
  return facts([
    ['Objects', run.counts.objects === undefined ? null : count(run.counts.objects)],
    ['Fields', run.counts.fields === undefined ? null : count(run.counts.fields)],
    ['Unchanged', run.counts.unchanged === undefined ? null : count(run.counts.unchanged)],
    ['Deadline', run.deadlineMs === 0 ? null : duration(0, run.deadlineMs)],
    ['Entities', run.kind === 'metadata' ? count(run.entities) : null],
    ['Records', count(run.records)],
    ['API calls', calls === undefined ? null : count(calls)],
    ['On the wire', bytes(run.wireBytes)],
    ['Took', duration(run.startedAt, run.endedAt)],
    ['Attempt', `${run.attempt} of ${run.maxAttempts}`],
    ['Runner', run.runnerName ?? '–'],
    ['Channel', run.channel === null ? null : { ws: 'WebSocket', grpc: 'gRPC' }[run.channel]],
    ['Integrity', run.integrity === 'ok' ? 'verified' : null],
  ]);
}

function steps({ status, steps: done }) {
  const look = { Successful: 'good', Failed: 'bad', Running: 'busy' }[status];
  return el(
    'section',
    { class: 'card', 'aria-label': 'Steps' },
    el(
      'div',
      { class: 'head' },
      el('h2', {}, 'Steps'),
      el('span', { class: `badge ${look}` }, status),
    ),
    done.length === 0
      ? el(
          'p',
          { class: 'soft' },
          status === 'Running' ? 'No step has ended yet.' : 'No step was reached.',
        )
      : el('ol', { class: 'steps' }, done.map(step)),
  );
}

function step({ name, description, passed, mandatory, message, errorLog, remedy }) {
  return el(
    'li',
    {},
    el(
      'span',
      {
        class: `mark ${passed ? 'good' : 'bad'}`,
        role: 'img',
        'aria-label': passed ? 'passed' : 'failed',
      },
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

function failures(list) {
  return el(
    'section',
    { class: 'card', 'aria-label': 'Failures' },
    el('h2', {}, `Could not be read (${list.length})`),
    el(
      'ul',
      {},
      list
        .slice(0, 100)
        .map(({ name, code, message, remedy }) =>
          el(
            'li',
            {},
            el('strong', {}, String(name)),
            ` ${message} `,
            el('span', { class: 'soft small' }, `${remedy ?? ''} ${code ?? ''}`),
          ),
        ),
    ),
  );
}

function logView() {
  const lines = el('ol', {
    class: 'log',
    role: 'log',
    'aria-label': 'Log lines',
    tabindex: '0',
    hidden: true,
  });
  const empty = el('p', { class: 'soft note' }, 'Nothing has been logged.');
  const element = el(
    'section',
    { class: 'card flush', 'aria-label': 'Log' },
    el('h2', {}, 'Log'),
    empty,
    lines,
  );
  return {
    element,
    add: ({ time, level, message, data, attempt }) => {
      empty.hidden = true;
      lines.hidden = false;
      const atEnd = lines.scrollHeight - lines.scrollTop - lines.clientHeight < 40;
      const more = data === null ? '' : ` ${JSON.stringify(data)}`;
      lines.append(
        el(
          'li',
          { class: ['debug', 'warn', 'error'].includes(level) ? level : '' },
          el(
            'span',
            { class: 'soft', title: `Attempt ${attempt}` },
            time === null ? '' : new Date(time).toISOString().slice(11, 23),
          ),
          el('span', {}, level),
          el('span', {}, message + more),
        ),
      );
      if (lines.childElementCount > MAX_LINES) lines.firstElementChild.remove();
      if (atEnd) lines.scrollTop = lines.scrollHeight;
    },
  };
}

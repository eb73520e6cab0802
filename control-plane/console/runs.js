import { get } from './api.js';
import { count, duration, el, heading, KINDS, moment, repeat, replace, row, stateBadge, table } from './dom.js';

const COLUMNS = [['Run'], ['Service'], ['State'], ['Records', 'number'], ['API calls', 'number'], ['Took', 'number'], ['Queued']];

export async function runsPage(place, signal) {
  const list = el('div', {});
  replace(place, heading('Runs', { note: 'Connection tests and ingestions, newest first.' }), list);
  await repeat(2000, signal, async () => {
    const { runs } = await get('/runs?limit=50', signal);
    replace(list, runs.length === 0
      ? el('div', { class: 'card empty' }, el('p', {}, 'Nothing has run yet.'), el('a', { href: '#/services' }, 'Start with a service'))
      : table('Runs', COLUMNS, runs.map(runRow)));
  });
}

function runRow(run) {
  return row(COLUMNS, [
    el('div', {}, el('a', { href: `#/run/${run.id}` }, KINDS[run.kind]), el('div', { class: 'soft small mono' }, run.id)),
    run.service, stateBadge(run.state), count(run.records), count(run.counts.apiCalls ?? run.progress?.apiCalls ?? 0), duration(run.startedAt, run.endedAt), moment(run.queuedAt),
  ]);
}

/** How far the results of a run are on their way to OpenMetadata. */
import { el } from './dom.js';
import { count } from './format.js';

const STATES = {
  waiting: ['Waiting', 'busy'],
  pending: ['Waiting for the run', 'busy'],
  writing: ['Writing', 'busy'],
  reporting: ['Reporting the end', 'busy'],
  done: ['Complete', 'good'],
  failed: ['Abandoned', 'bad'],
};
const RESULTS = {
  success: ['Complete', 'good'],
  partialSuccess: ['Incomplete', 'bad'],
  failed: ['Failed', 'bad'],
  stopped: ['Stopped', 'bad'],
};

export function relayPanel({ endpoint, pipelineFqn, state, result, counts, error, troubleSince }) {
  const [text, look] = state === 'done' ? RESULTS[result] : STATES[state];
  return el(
    'section',
    { class: 'card', 'aria-label': 'OpenMetadata' },
    el(
      'div',
      { class: 'head' },
      el('h2', {}, 'OpenMetadata'),
      el('span', { class: `badge ${look}` }, text),
    ),
    el('p', { class: 'small soft' }, `${pipelineFqn} of endpoint ${endpoint}`),
    el('p', { class: 'small' }, countsText(counts)),
    error ? errorText(error, troubleSince) : null,
  );
}

function countsText(counts) {
  return Object.entries(counts)
    .filter(([, value]) => value > 0)
    .map(([name, value]) => `${count(value)} ${name}`)
    .join(', ');
}

function errorText({ message, remedy, code }, since) {
  const tried = since === null ? '' : ` Retried since ${new Date(since).toLocaleString()}.`;
  return [
    el('p', {}, el('strong', {}, message)),
    el('p', { class: 'small soft' }, `${remedy}${tried}`),
    el('p', { class: 'small mono soft' }, code),
  ];
}

import { post, remove, save } from './api.js';
import { el } from './dom.js';
import { moment } from './format.js';
import { actionButton, facts, notice, stateBadge } from './layout.js';
import { addPipeline, editPipeline } from './pipeline-form.js';
import { scheduleFacts } from './schedule-facts.js';
import { addSchedule, editSchedule, setPaused } from './schedule-form.js';
import { editService } from './service-form.js';
import { signatureFact } from './signature-facts.js';
import { sign } from './signature-form.js';

/** A service with its pipelines and its last run. */
export function serviceCard({ service, pipelines, lastRun, kinds }) {
  return el(
    'article',
    { class: 'card stack', 'aria-label': service.name },
    title(service),
    service.origin === null ? null : managedNote(service),
    serviceFacts(service, pipelines),
    lastRun ? lastRunLine(lastRun, kinds) : null,
    runActions(service, pipelines),
    pipelines.length > 1 ? el('ul', { class: 'plain stack' }, pipelines.map(pipelineRow)) : null,
    service.origin === null ? editActions(service, pipelines) : null,
  );
}

function title({ name, displayName, type }) {
  return el(
    'div',
    {},
    el('h3', {}, displayName ?? name),
    el('p', { class: 'soft small' }, displayName === null ? type : `${name} · ${type}`),
  );
}

/** What OpenMetadata manages is shown, and changed only there. */
function managedNote({ origin }) {
  return el(
    'p',
    { class: 'small' },
    el('span', { class: 'tag' }, `managed by OpenMetadata endpoint ${origin.endpoint}`),
  );
}

function serviceFacts({ connection, runner, pool, origin, signature }, pipelines) {
  const own = [
    ['Domain', connection.salesforceDomain ?? 'login'],
    ['User', connection.username],
    ['Runner', runner ?? (pool === null ? 'any' : 'any of the pool')],
    ['Secrets', secretsOf(connection)],
  ];
  return facts(
    [
      ...(origin === null ? own : []),
      ['Pool', pool],
      ...(pipelines.length === 1 ? scheduleFacts(pipelines[0].schedule) : []),
      ...(pipelines.length === 1
        ? [signatureFact('Signature of runs', pipelines[0].signature)]
        : []),
      ...(origin === null ? [signatureFact('Signature of tests', signature)] : []),
    ],
    'rows',
  );
}

function secretsOf(connection) {
  const references = Object.values(connection).filter(
    (value) => typeof value === 'string' && value.startsWith('secret:/'),
  );
  return references.length === 0 ? null : el('span', { class: 'mono' }, references.join(', '));
}

function lastRunLine({ id, kind, state, queuedAt }, kinds) {
  return el(
    'p',
    { class: 'small' },
    el('a', { href: `#/run/${id}` }, kinds.get(kind) ?? kind),
    ' ',
    stateBadge(state),
    ' ',
    moment(queuedAt),
  );
}

function runActions(service, pipelines) {
  const { name } = service;
  const tables = el('a', { href: `#/tables?service=${encodeURIComponent(name)}` }, 'Tables');
  const signButtons = pipelines.length === 1 ? [signButton(pipelines[0].name)] : [];
  if (service.origin !== null) return el('div', { class: 'actions' }, tables, signButtons);
  const test = () => openRun(post(`/services/${encodeURIComponent(name)}/test-connection`));
  const ingest =
    pipelines.length === 0 ? () => ingestFirst(service) : () => openRun(start(pipelines[0].name));
  return el(
    'div',
    { class: 'actions' },
    actionButton('Test connection', test, 'plain'),
    pipelines.length > 1 ? null : actionButton('Ingest metadata', ingest),
    tables,
  );
}

function editActions(service, pipelines) {
  const { name } = service;
  const options = () =>
    pipelines.length === 0 ? addPipeline(name) : editPipeline(pipelines[0].name);
  return el(
    'div',
    { class: 'actions' },
    actionButton('Edit', () => editService(name), 'quiet'),
    pipelines.length === 1 ? fullRunButton(pipelines[0].name) : null,
    pipelines.length > 1 ? null : actionButton('Options', options, 'quiet'),
    pipelines.length > 1 ? null : scheduleButtons(service, pipelines[0]),
    pipelines.length === 1 ? signButton(pipelines[0].name) : null,
    actionButton('Sign tests', () => sign('service', name), 'quiet'),
    actionButton('Delete', () => deleteService(service), 'quiet'),
  );
}

function pipelineRow(pipeline) {
  const { name, displayName, origin, schedule, signature } = pipeline;
  const actions = () => [
    actionButton(`Run ${name}`, () => openRun(start(name)), 'plain'),
    fullRunButton(name),
    actionButton('Options', () => editPipeline(name), 'quiet'),
    ...scheduleButtons(null, pipeline),
    signButton(name),
    actionButton('Delete', () => deletePipeline(name), 'quiet'),
  ];
  return el(
    'li',
    {},
    el('strong', {}, displayName ?? name),
    facts([...scheduleFacts(schedule), signatureFact('Signature of runs', signature)], 'rows'),
    el('div', { class: 'actions' }, origin === null ? actions() : signButton(name)),
  );
}

/** The first pipeline of a service is created with its schedule. */
function scheduleButtons(service, pipeline) {
  if (pipeline === undefined) {
    const name = firstPipeline(service);
    const add = () => addSchedule(name, () => createFirst(service));
    return [actionButton('Schedule', add, 'quiet')];
  }
  const { name, schedule } = pipeline;
  const open = () => (schedule === undefined ? addSchedule(name) : editSchedule(name));
  const edit = actionButton('Schedule', open, 'quiet');
  if (schedule === undefined || schedule.expression === null) return [edit];
  const pause = async () => {
    await setPaused(name, !schedule.paused);
    refresh(schedule.paused ? `${name} runs by its schedule again.` : `${name} is paused.`);
  };
  return [edit, actionButton(schedule.paused ? 'Resume' : 'Pause', pause, 'quiet')];
}

const start = (pipeline, options = {}) =>
  post(`/pipelines/${encodeURIComponent(pipeline)}/runs`, options);

/** A full run reads and sends everything, also what has not changed. */
const fullRunButton = (pipeline) =>
  actionButton('Full run', () => openRun(start(pipeline, { fullRun: true })), 'quiet');

const signButton = (pipeline) => actionButton('Sign', () => sign('pipeline', pipeline), 'quiet');

const firstPipeline = (service) => `${service.name}_metadata`;

function createFirst(service) {
  const path = `/pipelines/${encodeURIComponent(firstPipeline(service))}`;
  return save(path, { service: service.name }, null);
}

async function ingestFirst(service) {
  await createFirst(service);
  await openRun(start(firstPipeline(service)));
}

async function openRun(starting) {
  const { id } = await starting;
  location.hash = `#/run/${id}`;
}

async function deleteService({ name, displayName }) {
  const label = displayName ?? name;
  const question = `Delete ${label}, its pipelines and its part of the catalog? Its past runs stay in the list.`;
  if (!confirm(question)) return;
  await remove(`/services/${encodeURIComponent(name)}`);
  refresh(`${label} deleted.`);
}

async function deletePipeline(name) {
  if (!confirm(`Delete the pipeline ${name}?`)) return;
  await remove(`/pipelines/${encodeURIComponent(name)}`);
  refresh(`${name} deleted.`);
}

function refresh(text) {
  notice(text);
  dispatchEvent(new Event('hashchange'));
}

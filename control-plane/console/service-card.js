import { post, remove, save } from './api.js';
import { el } from './dom.js';
import { moment } from './format.js';
import { actionButton, facts, notice, stateBadge } from './layout.js';
import { addPipeline, editPipeline } from './pipeline-form.js';
import { editService } from './service-form.js';

/** A service with its pipelines and its last run. */
export function serviceCard({ service, pipelines, lastRun, kinds }) {
  return el(
    'article',
    { class: 'card stack', 'aria-label': service.name },
    title(service),
    connectionFacts(service),
    lastRun ? lastRunLine(lastRun, kinds) : null,
    runActions(service, pipelines),
    pipelines.length > 1 ? el('ul', { class: 'plain stack' }, pipelines.map(pipelineRow)) : null,
    editActions(service, pipelines),
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

function connectionFacts({ connection, runner }) {
  return facts(
    [
      ['Domain', connection.salesforceDomain ?? 'login'],
      ['User', connection.username],
      ['Runner', runner ?? 'any'],
      ['Secrets', secretsOf(connection)],
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
  const test = () => openRun(post(`/services/${encodeURIComponent(name)}/test-connection`));
  const ingest =
    pipelines.length === 0 ? () => ingestFirst(service) : () => openRun(start(pipelines[0].name));
  return el(
    'div',
    { class: 'actions' },
    actionButton('Test connection', test, 'plain'),
    pipelines.length > 1 ? null : actionButton('Ingest metadata', ingest),
    el('a', { href: `#/tables?service=${encodeURIComponent(name)}` }, 'Tables'),
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
    actionButton('Delete', () => deleteService(service), 'quiet'),
  );
}

function pipelineRow({ name, displayName }) {
  return el(
    'li',
    { class: 'actions' },
    el('span', {}, displayName ?? name),
    actionButton(`Run ${name}`, () => openRun(start(name)), 'plain'),
    fullRunButton(name),
    actionButton('Options', () => editPipeline(name), 'quiet'),
    actionButton('Delete', () => deletePipeline(name), 'quiet'),
  );
}

const start = (pipeline, options = {}) =>
  post(`/pipelines/${encodeURIComponent(pipeline)}/runs`, options);

/** A full run reads and sends everything, also what has not changed. */
const fullRunButton = (pipeline) =>
  actionButton('Full run', () => openRun(start(pipeline, { whole: true })), 'quiet');

async function ingestFirst(service) {
  const name = `${service.name}_metadata`;
  await save(`/pipelines/${encodeURIComponent(name)}`, { service: service.name }, null);
  await openRun(start(name));
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

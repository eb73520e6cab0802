import { get, post, remove, save } from './api.js';
import {
  actionButton,
  el,
  facts,
  heading,
  notice,
  replace,
  stateBadge,
  KINDS,
  moment,
} from './dom.js';
import { addPipeline, editPipeline } from './pipeline-form.js';
import { addService, editService } from './service-form.js';

export async function servicesPage(place, signal) {
  const [{ services }, { pipelines }, { runs }] = await Promise.all([
    get('/services', signal),
    get('/pipelines', signal),
    get('/runs?limit=200', signal),
  ]);
  const cards = services.map((service) =>
    card(
      service,
      pipelines.filter((pipeline) => pipeline.service === service.name),
      runs.find((run) => run.service === service.name),
    ),
  );
  replace(
    place,
    heading('Services', {
      note: 'Salesforce orgs. Passwords and keys are references that a runner resolves; none is kept here.',
      actions: el('button', { type: 'button', onclick: addService }, 'Add a service'),
    }),
    cards.length === 0
      ? el('div', { class: 'card empty' }, 'No service yet.')
      : el('div', { class: 'grid' }, cards),
  );
}

function card(service, pipelines, lastRun) {
  const { connection, name, displayName } = service;
  return el(
    'article',
    { class: 'card stack', 'aria-label': name },
    el(
      'div',
      {},
      el('h3', {}, displayName ?? name),
      el(
        'p',
        { class: 'soft small' },
        displayName === null ? service.type : `${name} · ${service.type}`,
      ),
    ),
    facts(
      [
        ['Domain', connection.salesforceDomain ?? 'login'],
        ['User', connection.username],
        ['Runner', service.runner ?? 'any'],
        ['Secrets', secretsOf(connection)],
      ],
      'rows',
    ),
    lastRun
      ? el(
          'p',
          { class: 'small' },
          el('a', { href: `#/run/${lastRun.id}` }, KINDS[lastRun.kind]),
          ' ',
          stateBadge(lastRun.state),
          ' ',
          moment(lastRun.queuedAt),
        )
      : null,
    el(
      'div',
      { class: 'actions' },
      actionButton(
        'Test connection',
        () => open(post(`/services/${encodeURIComponent(name)}/test-connection`)),
        'plain',
      ),
      pipelines.length === 0 ? actionButton('Ingest metadata', () => ingestNew(service)) : null,
      pipelines.length === 1
        ? actionButton('Ingest metadata', () => open(start(pipelines[0].name)))
        : null,
      el('a', { href: `#/tables?service=${encodeURIComponent(name)}` }, 'Tables'),
    ),
    pipelines.length > 1 ? el('ul', { class: 'plain stack' }, pipelines.map(pipelineRow)) : null,
    el(
      'div',
      { class: 'actions' },
      actionButton('Edit', () => editService(name), 'quiet'),
      pipelines.length === 1 ? fullRun(pipelines[0].name) : null,
      pipelines.length <= 1
        ? actionButton(
            'Options',
            () => (pipelines.length === 0 ? addPipeline(name) : editPipeline(pipelines[0].name)),
            'quiet',
          )
        : null,
      actionButton('Delete', () => deleteService(service), 'quiet'),
    ),
  );
}

function pipelineRow({ name, displayName }) {
  return el(
    'li',
    { class: 'actions' },
    el('span', {}, displayName ?? name),
    actionButton(`Run ${name}`, () => open(start(name)), 'plain'),
    fullRun(name),
    actionButton('Options', () => editPipeline(name), 'quiet'),
    actionButton('Delete', () => deletePipeline(name), 'quiet'),
  );
}

function secretsOf(connection) {
  const references = Object.values(connection).filter(
    (value) => typeof value === 'string' && value.startsWith('secret:/'),
  );
  return references.length === 0 ? null : el('span', { class: 'mono' }, references.join(', '));
}

const start = (pipeline, how = {}) => post(`/pipelines/${encodeURIComponent(pipeline)}/runs`, how);

/** Reads and sends everything again, also what the last run reported. */
const fullRun = (pipeline) =>
  actionButton('Full run', () => open(start(pipeline, { whole: true })), 'quiet');

async function ingestNew(service) {
  const name = `${service.name}_metadata`;
  await save(`/pipelines/${encodeURIComponent(name)}`, { service: service.name }, null);
  await open(start(name));
}

async function open(starting) {
  const { id } = await starting;
  location.hash = `#/run/${id}`;
}

async function deleteService({ name, displayName }) {
  if (
    !confirm(
      `Delete ${displayName ?? name}, its pipelines and everything that the catalog has of it? Its past runs stay in the list.`,
    )
  )
    return;
  await remove(`/services/${encodeURIComponent(name)}`);
  refresh(`${displayName ?? name} is deleted.`);
}

async function deletePipeline(name) {
  if (!confirm(`Delete the pipeline ${name}?`)) return;
  await remove(`/pipelines/${encodeURIComponent(name)}`);
  refresh(`${name} is deleted.`);
}

function refresh(text) {
  notice(text);
  dispatchEvent(new Event('hashchange'));
}

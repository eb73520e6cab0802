import { get, post, put } from './api.js';
import { actionButton, el, facts, heading, replace, stateBadge, KINDS, moment } from './dom.js';
import { pipelineForm, serviceForm } from './service-forms.js';

export async function servicesPage(place, signal) {
  const [{ services }, { pipelines }, { runs }] = await Promise.all([get('/services', signal), get('/pipelines', signal), get('/runs?limit=200', signal)]);
  const cards = services.map((service) => card(service, pipelines.filter((pipeline) => pipeline.service === service.name), runs.find((run) => run.service === service.name)));
  replace(place, heading('Services', { note: 'Salesforce orgs. Passwords and keys are references that a runner resolves; none is kept here.' }),
    cards.length === 0 ? el('div', { class: 'card empty' }, 'No service yet.') : el('div', { class: 'grid' }, cards),
    pipelineForm(services, pipelines), serviceForm());
}

function card(service, pipelines, lastRun) {
  const { connection } = service;
  return el('article', { class: 'card stack', 'aria-label': service.name },
    el('div', {}, el('h3', {}, service.name), el('p', { class: 'soft small' }, service.type)),
    facts([['Domain', connection.salesforceDomain ?? 'login'], ['User', connection.username], ['Runner', service.runner ?? 'any'], ['Secrets', secretsOf(connection)]], 'rows'),
    lastRun ? el('p', { class: 'small' }, el('a', { href: `#/run/${lastRun.id}` }, KINDS[lastRun.kind]), ' ', stateBadge(lastRun.state), ' ', moment(lastRun.queuedAt)) : null,
    el('div', { class: 'actions' },
      actionButton('Test connection', () => open(post(`/services/${encodeURIComponent(service.name)}/test-connection`)), 'plain'),
      ...(pipelines.length === 0
        ? [actionButton('Ingest metadata', () => ingestNew(service))]
        : pipelines.map((pipeline) => actionButton(pipelines.length === 1 ? 'Ingest metadata' : `Run ${pipeline.name}`, () => open(start(pipeline.name))))),
      el('a', { href: `#/tables?service=${encodeURIComponent(service.name)}` }, 'Tables')));
}

function secretsOf(connection) {
  const references = Object.values(connection).filter((value) => typeof value === 'string' && value.startsWith('secret:/'));
  return references.length === 0 ? null : el('span', { class: 'mono' }, references.join(', '));
}

const start = (pipeline) => post(`/pipelines/${encodeURIComponent(pipeline)}/runs`);

async function ingestNew(service) {
  const name = `${service.name}_metadata`;
  await put(`/pipelines/${encodeURIComponent(name)}`, { service: service.name });
  await open(start(name));
}

async function open(starting) {
  const { id } = await starting;
  location.hash = `#/run/${id}`;
}

import { read, save } from './api.js';
import { el } from './dom.js';
import { field, formDialog } from './forms.js';
import { CONNECTION, LISTS } from './options.js';

const path = (name) => `/services/${encodeURIComponent(name)}`;

/** Opens the form for a new service. */
export function addService() {
  open({ name: '', connection: {} }, null);
}

/**
 * Opens the form for an existing service. Saving fails if the service has changed in the meantime.
 */
export async function editService(name) {
  const { value, tag } = await read(path(name));
  open(value, tag);
}

function open(service, tag) {
  const isNew = tag === null;
  const fields = createFields(service);
  const { name, displayName, connection, runner, pool } = fields;
  const content = el(
    'div',
    { class: 'grid' },
    isNew ? name.element : null,
    displayName.element,
    connection.map(([, { element }]) => element),
    runner.element,
    pool.element,
  );
  const send = () => save(path(isNew ? name.value : service.name), requestOf(service, fields), tag);
  const title = isNew ? 'Add a service' : `Edit ${service.displayName ?? service.name}`;
  formDialog(title, content, send, 'Service saved.');
}

function createFields(service) {
  const name = field({
    id: 'service-name',
    label: 'Name',
    placeholder: 'acme',
    required: true,
    note: 'The name of the org in the catalog: the first part of every name from it. It cannot be changed.',
  });
  const displayName = field({
    id: 'service-displayName',
    label: 'Display name',
    placeholder: service.name,
    note: 'Shown instead of the name.',
  });
  const runner = field({
    id: 'service-runner',
    label: 'Runner',
    placeholder: 'any',
    note: 'Name or id of the runner for all runs of this service. Empty: any connected runner.',
  });
  const pool = field({
    id: 'service-pool',
    label: 'Pool',
    placeholder: 'any',
    note: 'Only runners of this pool take the runs of this service. Empty: runners of any pool.',
  });
  pool.value = service.pool;
  displayName.value = service.displayName;
  runner.value = service.runner;
  return { name, displayName, runner, pool, connection: connectionFields(service.connection) };
}

function connectionFields(connection) {
  return CONNECTION.map(([code, label, placeholder, note]) => {
    const kind = LISTS.has(code) ? 'list' : 'text';
    const input = field({ id: `service-${code}`, kind, label, code, placeholder, note });
    input.value = connection[code];
    return [code, input];
  });
}

function requestOf(service, { displayName, connection, runner, pool }) {
  return {
    type: 'Salesforce',
    displayName: displayName.value || null,
    connection: merge(service.connection, connection),
    runner: runner.value || null,
    pool: pool.value || null,
  };
}

/** Keeps members without an input, and removes those whose input is empty. */
function merge(connection, inputs) {
  const next = { ...connection };
  for (const [code, { value }] of inputs) {
    if (value.length === 0) delete next[code];
    else next[code] = value;
  }
  return next;
}

import { read, save } from './api.js';
import { el } from './dom.js';
import { field, formDialog } from './forms.js';
import { CONNECTION, LISTS } from './options.js';

const path = (name) => `/services/${encodeURIComponent(name)}`;

/** Opens the form of a new service. */
export function addService() {
  open({ name: '', connection: {} }, null);
}

/** Opens the form of a service with what is there. Saving fails if somebody else has changed it meanwhile. */
export async function editService(name) {
  const { value, tag } = await read(path(name));
  open(value, tag);
}

function open(service, tag) {
  const isNew = tag === null;
  const name = field({
    id: 'service-name',
    label: 'Name',
    placeholder: 'acme',
    required: true,
    note: 'What the catalog calls the org. It begins the name of everything that comes from it, and never changes.',
  });
  const displayName = field({
    id: 'service-displayName',
    label: 'Display name',
    placeholder: service.name,
    note: 'What people see instead of the name.',
  });
  const connection = CONNECTION.map(([code, label, placeholder, note]) => [
    code,
    field({
      id: `service-${code}`,
      kind: LISTS.has(code) ? 'list' : 'text',
      label,
      code,
      placeholder,
      note,
    }),
  ]);
  const runner = field({
    id: 'service-runner',
    label: 'Runner',
    placeholder: 'any',
    note: 'Name or id of the runner that must do its runs. Left out: any that is connected.',
  });
  displayName.value = service.displayName;
  runner.value = service.runner;
  for (const [code, input] of connection) input.value = service.connection[code];
  const content = el(
    'div',
    { class: 'grid' },
    isNew ? name.element : null,
    displayName.element,
    connection.map(([, { element }]) => element),
    runner.element,
  );
  const send = () =>
    save(
      path(isNew ? name.value : service.name),
      {
        type: 'Salesforce',
        displayName: displayName.value || null,
        connection: merged(service.connection, connection),
        runner: runner.value || null,
      },
      tag,
    );
  formDialog(
    isNew ? 'Add a service' : `Edit ${service.displayName ?? service.name}`,
    content,
    send,
    'The service is saved.',
  );
}

/** Fields without an input here stay as they are; inputs that are empty take theirs away. */
function merged(present, inputs) {
  const next = { ...present };
  for (const [code, { value }] of inputs) {
    if (value.length === 0) delete next[code];
    else next[code] = value;
  }
  return next;
}

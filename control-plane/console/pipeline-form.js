import { read, save } from './api.js';
import { el } from './dom.js';
import { field, formDialog } from './forms.js';
import { PIPELINE, WITHOUT_EFFECT } from './options.js';

const MINUTE_MS = 60_000;
const path = (name) => `/pipelines/${encodeURIComponent(name)}`;

/** Opens the options of a pipeline with what is there. Saving fails if somebody else has changed it meanwhile. */
export async function editPipeline(name) {
  const { value, tag } = await read(path(name));
  open(value, tag);
}

/** Opens the options of the first pipeline of a service. */
export function addPipeline(service) {
  open(
    { name: `${service}_metadata`, service, sourceConfig: {}, loggerLevel: 'INFO', deadlineMs: 0 },
    null,
  );
}

function open(pipeline, tag) {
  const { sourceConfig } = pipeline;
  const displayName = field({
    id: 'pipeline-displayName',
    label: 'Display name',
    placeholder: pipeline.name,
    note: 'What people see instead of the name.',
  });
  const deadline = field({
    id: 'pipeline-deadline',
    kind: 'number',
    label: 'Longest run in minutes',
    max: 10_080,
    note: '0 for the runner’s own limit.',
  });
  displayName.value = pipeline.displayName;
  deadline.value = pipeline.deadlineMs / MINUTE_MS;
  const options = PIPELINE.map(([name, kind, label, usual, note]) =>
    OPTIONS[kind]({ name, label, usual, note }, sourceConfig[name]),
  );
  const content = [
    el(
      'div',
      { class: 'grid' },
      displayName.element,
      deadline.element,
      options.flatMap(({ elements }) => elements),
    ),
    el(
      'p',
      { class: 'soft small' },
      `Without effect here: ${WITHOUT_EFFECT.join(', ')}. A run that is given one says so in its log.`,
    ),
  ];
  const send = () =>
    save(
      path(pipeline.name),
      {
        displayName: displayName.value || null,
        service: pipeline.service,
        loggerLevel: pipeline.loggerLevel,
        deadlineMs: Math.round(deadline.value * MINUTE_MS),
        sourceConfig: {
          ...sourceConfig,
          ...Object.fromEntries(options.map(({ name, read: valueOf }) => [name, valueOf()])),
        },
      },
      tag,
    );
  formDialog(
    `Options of ${pipeline.displayName ?? pipeline.name}`,
    content,
    send,
    'The options are saved.',
  );
}

/** How an option of each kind is shown and read: `read` gives what is stored, null for "as usual". */
const OPTIONS = {
  flag: ({ name, label, usual, note }, value) => {
    const input = field({ id: `pipeline-${name}`, kind: 'flag', label, code: name, note });
    input.value = value ?? usual;
    return { name, elements: [input.element], read: () => input.value };
  },
  filter: ({ name, label, note }, value) => {
    const [includes, excludes] = ['includes', 'excludes'].map((part) =>
      field({
        id: `pipeline-${name}-${part}`,
        kind: 'list',
        label: `${label}: ${part}`,
        code: `${name}.${part}`,
        note,
      }),
    );
    includes.value = value?.includes;
    excludes.value = value?.excludes;
    return {
      name,
      elements: [includes.element, excludes.element],
      read: () => ({ includes: includes.value, excludes: excludes.value }),
    };
  },
  calls: (option, value) => limit(option, value, 'maxApiCalls', 10_000),
  rows: (option, value) => limit(option, value, 'rows', 100),
};

/** An option that is off at 0; what else is stored with it stays. */
function limit({ name, label, usual, note }, value, member, max) {
  const input = field({ id: `pipeline-${name}`, kind: 'number', label, code: name, note, max });
  input.value = value?.[member] ?? usual;
  return {
    name,
    elements: [input.element],
    read: () => (input.value > 0 ? { ...value, [member]: input.value } : null),
  };
}

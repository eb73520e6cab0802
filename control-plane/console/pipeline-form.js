import { read, save } from './api.js';
import { el } from './dom.js';
import { field, formDialog } from './forms.js';
import { PIPELINE, WITHOUT_EFFECT } from './options.js';

const MINUTE_MS = 60_000;
const MAX_MINUTES = 10_080;
const path = (name) => `/pipelines/${encodeURIComponent(name)}`;

/**
 * Opens the options of an existing pipeline. Saving fails if the pipeline has changed in the
 * meantime.
 */
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
  const fields = createFields(pipeline);
  const { displayName, deadline, options } = fields;
  const note = `No effect for Salesforce: ${WITHOUT_EFFECT.join(', ')}. A run with one of these logs a note.`;
  const content = [
    el(
      'div',
      { class: 'grid' },
      displayName.element,
      deadline.element,
      options.flatMap(({ elements }) => elements),
    ),
    el('p', { class: 'soft small' }, note),
  ];
  const send = () => save(path(pipeline.name), requestOf(pipeline, fields), tag);
  const title = `Options of ${pipeline.displayName ?? pipeline.name}`;
  formDialog(title, content, send, 'Options saved.');
}

function createFields({ name, displayName: shownName, deadlineMs, sourceConfig }) {
  const displayName = field({
    id: 'pipeline-displayName',
    label: 'Display name',
    placeholder: name,
    note: 'Shown instead of the name.',
  });
  const deadline = field({
    id: 'pipeline-deadline',
    kind: 'number',
    label: 'Maximum duration in minutes',
    max: MAX_MINUTES,
    note: '0 for the runner’s own limit.',
  });
  displayName.value = shownName;
  deadline.value = deadlineMs / MINUTE_MS;
  const options = PIPELINE.map(([option, kind, label, standard, note]) =>
    OPTIONS[kind]({ name: option, label, standard, note }, sourceConfig[option]),
  );
  return { displayName, deadline, options };
}

function requestOf({ service, loggerLevel, sourceConfig }, { displayName, deadline, options }) {
  const values = options.map(({ name, read: valueOf }) => [name, valueOf()]);
  return {
    displayName: displayName.value || null,
    service,
    loggerLevel,
    deadlineMs: Math.round(deadline.value * MINUTE_MS),
    sourceConfig: { ...sourceConfig, ...Object.fromEntries(values) },
  };
}

/** Inputs for each kind of option: `read` returns the value to store, null for the default. */
const OPTIONS = {
  flag: ({ name, label, standard, note }, value) => {
    const input = field({ id: `pipeline-${name}`, kind: 'flag', label, code: name, note });
    input.value = value ?? standard;
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

/** An option that is off at 0. Other members of the stored value are kept. */
function limit({ name, label, standard, note }, value, member, max) {
  const input = field({ id: `pipeline-${name}`, kind: 'number', label, code: name, note, max });
  input.value = value?.[member] ?? standard;
  return {
    name,
    elements: [input.element],
    read: () => (input.value > 0 ? { ...value, [member]: input.value } : null),
  };
}

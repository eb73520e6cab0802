import { put } from './api.js';
import { el, notice } from './dom.js';
import { CONNECTION, LISTS, PIPELINE, WITHOUT_EFFECT } from './options.js';

const MINUTE_MS = 60_000;

/** Fields of a form, read back as text. */
function inputs(prefix, fields) {
  const made = fields.map(([name, label, placeholder, note, required = false]) => [name, el('input', { id: `${prefix}-${name}`, placeholder, required, autocomplete: 'off', spellcheck: 'false', 'aria-describedby': `${prefix}-${name}-note` }), label, note]);
  return {
    elements: made.map(([name, input, label, note]) => el('div', { class: 'field' }, el('label', { for: `${prefix}-${name}` }, label), input, el('p', { class: 'soft small', id: `${prefix}-${name}-note` }, note))),
    valueOf: (wanted) => made.find(([name]) => name === wanted)[1].value.trim(),
  };
}

function form(title, fields, save, name) {
  const problem = el('p', { role: 'alert', class: 'small' });
  return el('details', { class: 'card' }, el('summary', {}, title),
    el('form', { class: 'stack', onsubmit: (event) => {
      event.preventDefault();
      save().then(() => dispatchEvent(new Event('hashchange')), (error) => { problem.textContent = `${error.message} ${error.remedy ?? ''}`; });
    } }, fields, problem, el('button', { type: 'submit' }, name)));
}

export function serviceForm() {
  const about = inputs('service', [
    ['name', 'Name', 'acme', 'What the catalog calls the org. It begins the name of everything that comes from it.', true],
    ...CONNECTION, ['runner', 'Runner', 'any', 'Name or id of the runner that must do its runs. Left out: any that is connected.'],
  ]);
  const save = () => {
    const given = CONNECTION.map(([name]) => [name, about.valueOf(name)]).filter(([, value]) => value !== '');
    const connection = Object.fromEntries(given.map(([name, value]) => [name, LISTS.has(name) ? words(value) : value]));
    return put(`/services/${encodeURIComponent(about.valueOf('name'))}`, { type: 'Salesforce', connection, runner: about.valueOf('runner') || null });
  };
  return form('Add or replace a service', el('div', { class: 'grid' }, about.elements), save, 'Save service');
}

/** What a pipeline extracts. Saving replaces the pipeline's options, with those shown. */
export function pipelineForm(services, pipelines) {
  if (services.length === 0) return null;
  const service = el('select', { id: 'pipeline-service' }, services.map(({ name }) => el('option', { value: name }, name)));
  const present = () => pipelines.find((pipeline) => pipeline.service === service.value);
  const fields = PIPELINE.map(([name, kind, label, usual, note]) => ({ name, kind, usual, label, note, input: el('input', { id: `pipeline-${name}`, ...INPUTS[kind], 'aria-describedby': `pipeline-${name}-note` }) }));
  const deadline = el('input', { id: 'pipeline-deadline', type: 'number', min: '0', max: '10080', value: '0' });
  const fill = () => {
    const { sourceConfig = {}, deadlineMs = 0 } = present() ?? {};
    deadline.value = deadlineMs / MINUTE_MS;
    for (const { name, kind, usual, input } of fields) {
      if (kind === 'flag') input.checked = sourceConfig[name] ?? usual;
      else input.value = kind === 'filter' ? patternText(sourceConfig[name] ?? {}) : sourceConfig[name]?.[NUMBERS[kind]] ?? usual;
    }
  };
  const save = async () => {
    const { name = `${service.value}_metadata`, sourceConfig = {}, loggerLevel } = present() ?? {};
    const shown = Object.fromEntries(fields.map(({ name: option, kind, input }) => [option, READERS[kind](input, sourceConfig[option])]));
    await put(`/pipelines/${encodeURIComponent(name)}`, { service: service.value, sourceConfig: { ...sourceConfig, ...shown }, loggerLevel, deadlineMs: Number(deadline.value) * MINUTE_MS });
    notice('The options are saved.');
  };
  service.addEventListener('change', fill);
  fill();
  return form('Options of an ingestion', [
    el('div', { class: 'inline' }, el('div', { class: 'field' }, el('label', { for: 'pipeline-service' }, 'Service'), service),
      el('div', { class: 'field' }, el('label', { for: 'pipeline-deadline' }, 'Longest run in minutes; 0 for the runner’s own limit'), deadline)),
    el('div', { class: 'grid' }, fields.map(optionField)), el('p', { class: 'soft small' }, `Without effect here: ${WITHOUT_EFFECT.join(', ')}. A run that is given one says so in its log.`),
  ], save, 'Save options');
}

function optionField({ name, kind, label, note, input }) {
  const title = el('label', { for: input.id, class: kind === 'flag' ? 'check' : '' }, kind === 'flag' ? input : null, label, el('span', { class: 'mono small soft' }, ` ${name}`));
  return el('div', { class: 'field' }, title, kind === 'flag' ? null : input, el('p', { class: 'soft small', id: `${input.id}-note` }, note));
}

const INPUTS = { flag: { type: 'checkbox' }, calls: { type: 'number', min: '0', max: '10000' }, rows: { type: 'number', min: '0', max: '100' }, filter: { type: 'text' } };
/** Options that are off at 0, and what the number is called in them. */
const NUMBERS = { calls: 'maxApiCalls', rows: 'rows' };
const READERS = {
  flag: ({ checked }) => checked,
  filter: ({ value }) => pattern(value),
  calls: ({ value }, before) => (Number(value) > 0 ? { ...before, maxApiCalls: Number(value) } : null),
  rows: ({ value }, before) => (Number(value) > 0 ? { ...before, rows: Number(value) } : null),
};

function words(text) {
  return text.split(',').map((word) => word.trim()).filter((word) => word !== '');
}

function pattern(text) {
  const all = words(text);
  return { includes: all.filter((word) => !word.startsWith('!')), excludes: all.filter((word) => word.startsWith('!')).map((word) => word.slice(1)) };
}

function patternText({ includes, excludes }) {
  return [...(includes ?? []), ...(excludes ?? []).map((word) => `!${word}`)].join(', ');
}

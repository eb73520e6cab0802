/** Form inputs and dialogs. */
import { el } from './dom.js';
import { notice } from './layout.js';

const INPUTS = {
  text: () => el('input', { autocomplete: 'off', spellcheck: 'false' }),
  list: () => el('textarea', { rows: '3', autocomplete: 'off', spellcheck: 'false' }),
  flag: () => el('input', { type: 'checkbox' }),
  number: ({ step }) => el('input', { type: 'number', min: '0', step }),
  time: () => el('input', { type: 'time' }),
  moment: () => el('input', { type: 'datetime-local' }),
  choice: ({ options }) =>
    el(
      'select',
      {},
      options.map(([value, title]) => el('option', { value }, title)),
    ),
  choices: ({ id, options }) =>
    el(
      'div',
      { role: 'group', class: 'chips' },
      options.map(([value, title]) =>
        el(
          'label',
          { class: 'check' },
          el('input', { type: 'checkbox', id: `${id}-${value}`, value }),
          title,
        ),
      ),
    ),
};

/**
 * A labeled input. `value` is text, a list of lines, a boolean, a number, a Unix time in
 * milliseconds or null, or for `choices` a list of values.
 */
export function field(options) {
  const { id, kind = 'text', note, placeholder, required = false, max, suggestions } = options;
  const input = INPUTS[kind](options);
  input.id = id;
  input.required = required;
  if (placeholder) input.placeholder = placeholder;
  if (max !== undefined) input.max = max;
  if (note) input.setAttribute('aria-describedby', `${id}-note`);
  if (suggestions) input.setAttribute('list', `${id}-suggestions`);
  return {
    element: fieldElement(input, { ...options, kind }),
    get value() {
      return READERS[kind](input);
    },
    set value(value) {
      WRITERS[kind](input, value);
    },
  };
}

function fieldElement(input, { id, kind, label, code, note, suggestions }) {
  const isFlag = kind === 'flag';
  const isGroup = kind === 'choices';
  if (isGroup) input.setAttribute('aria-labelledby', `${id}-label`);
  const title = el(
    isGroup ? 'span' : 'label',
    isGroup
      ? { id: `${id}-label`, class: 'small soft' }
      : { for: id, class: isFlag ? 'check' : '' },
    isFlag ? input : null,
    label,
    code ? el('span', { class: 'mono small soft' }, ` ${code}`) : null,
  );
  return el(
    'div',
    { class: 'field' },
    title,
    isFlag ? null : input,
    note ? el('p', { class: 'soft small', id: `${id}-note` }, note) : null,
    suggestions ? suggestionList(id, suggestions()) : null,
  );
}

function suggestionList(id, values) {
  return el(
    'datalist',
    { id: `${id}-suggestions` },
    values.map((value) => el('option', { value })),
  );
}

const READERS = {
  text: (input) => input.value.trim(),
  list: (input) => lines(input.value),
  flag: (input) => input.checked,
  number: (input) => Number(input.value),
  time: (input) => input.value,
  moment: (input) => (input.value === '' ? null : new Date(input.value).getTime()),
  choice: (input) => input.value,
  choices: (input) => [...input.querySelectorAll(':checked')].map(({ value }) => value),
};
const WRITERS = {
  text: (input, value) => {
    input.value = value ?? '';
  },
  list: (input, value) => {
    input.value = (value ?? []).join('\n');
  },
  flag: (input, value) => {
    input.checked = value === true;
  },
  number: (input, value) => {
    input.value = value ?? 0;
  },
  time: (input, value) => {
    input.value = value;
  },
  moment: (input, value) => {
    input.value = value === null ? '' : localText(value);
  },
  choice: (input, value) => {
    input.value = value;
  },
  choices: (input, values) => {
    for (const box of input.querySelectorAll('input')) box.checked = values.includes(box.value);
  },
};

/** Local time as an input of type datetime-local takes it. */
function localText(ms) {
  const offset = new Date(ms).getTimezoneOffset() * 60_000;
  return new Date(ms - offset).toISOString().slice(0, 16);
}

function lines(text) {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** A dialog with a form. If `save` throws, the dialog stays open and shows the error. */
export function formDialog(title, content, save, done) {
  const problem = el('p', { role: 'alert', class: 'small' });
  const submit = async (event) => {
    event.preventDefault();
    problem.textContent = '';
    try {
      await save();
      dialog.close();
      notice(done);
      dispatchEvent(new Event('hashchange'));
    } catch (error) {
      problem.textContent = `${error.message} ${error.remedy ?? ''}`;
    }
  };
  const buttons = el(
    'div',
    { class: 'actions end' },
    el('button', { type: 'button', class: 'plain', onclick: () => dialog.close() }, 'Cancel'),
    el('button', { type: 'submit' }, 'Save'),
  );
  const dialog = el(
    'dialog',
    { class: 'wide', 'aria-labelledby': 'form-title', onclose: () => dialog.remove() },
    el('h2', { id: 'form-title' }, title),
    el('form', { class: 'stack', onsubmit: submit }, content, problem, buttons),
  );
  document.body.append(dialog);
  dialog.showModal();
}

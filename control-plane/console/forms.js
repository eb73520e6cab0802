/** Form inputs and dialogs. */
import { el } from './dom.js';
import { notice } from './layout.js';

const INPUTS = {
  text: () => el('input', { autocomplete: 'off', spellcheck: 'false' }),
  list: () => el('textarea', { rows: '3', autocomplete: 'off', spellcheck: 'false' }),
  flag: () => el('input', { type: 'checkbox' }),
  number: () => el('input', { type: 'number', min: '0' }),
};

/** A labeled input. `value` is text, a list of lines, a boolean or a number. */
export function field(options) {
  const { id, kind = 'text', note, placeholder, required = false, max } = options;
  const input = INPUTS[kind]();
  input.id = id;
  input.required = required;
  if (placeholder) input.placeholder = placeholder;
  if (max !== undefined) input.max = max;
  if (note) input.setAttribute('aria-describedby', `${id}-note`);
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

function fieldElement(input, { id, kind, label, code, note }) {
  const isFlag = kind === 'flag';
  const title = el(
    'label',
    { for: id, class: isFlag ? 'check' : '' },
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
  );
}

const READERS = {
  text: (input) => input.value.trim(),
  list: (input) => lines(input.value),
  flag: (input) => input.checked,
  number: (input) => Number(input.value),
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
};

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

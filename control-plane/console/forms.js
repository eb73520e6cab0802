import { el, notice } from './dom.js';

/** Building blocks of the forms: an input of one kind, and the dialog around them. */

const INPUTS = {
  text: () => el('input', { autocomplete: 'off', spellcheck: 'false' }),
  list: () => el('textarea', { rows: '3', autocomplete: 'off', spellcheck: 'false' }),
  flag: () => el('input', { type: 'checkbox' }),
  number: () => el('input', { type: 'number', min: '0' }),
};

/** One labeled input. `value` reads and sets it: text, a list of lines, a boolean or a number. */
export function field({
  id,
  kind = 'text',
  label,
  code,
  note,
  placeholder,
  required = false,
  max,
}) {
  const input = INPUTS[kind]();
  input.id = id;
  input.required = required;
  if (placeholder) input.placeholder = placeholder;
  if (max !== undefined) input.max = max;
  if (note) input.setAttribute('aria-describedby', `${id}-note`);
  const title = el(
    'label',
    { for: id, class: kind === 'flag' ? 'check' : '' },
    kind === 'flag' ? input : null,
    label,
    code ? el('span', { class: 'mono small soft' }, ` ${code}`) : null,
  );
  const element = el(
    'div',
    { class: 'field' },
    title,
    kind === 'flag' ? null : input,
    note ? el('p', { class: 'soft small', id: `${id}-note` }, note) : null,
  );
  return {
    element,
    get value() {
      return READERS[kind](input);
    },
    set value(value) {
      WRITERS[kind](input, value);
    },
  };
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

/** A dialog with a form in it. `save` may throw: the dialog then stays, with what is wrong. */
export function formDialog(title, content, save, done) {
  const problem = el('p', { role: 'alert', class: 'small' });
  const form = el(
    'form',
    {
      class: 'stack',
      onsubmit: async (event) => {
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
      },
    },
    content,
    problem,
    el(
      'div',
      { class: 'actions end' },
      el('button', { type: 'button', class: 'plain', onclick: () => dialog.close() }, 'Cancel'),
      el('button', { type: 'submit' }, 'Save'),
    ),
  );
  const dialog = el(
    'dialog',
    { class: 'wide', 'aria-labelledby': 'form-title', onclose: () => dialog.remove() },
    el('h2', { id: 'form-title' }, title),
    form,
  );
  document.body.append(dialog);
  dialog.showModal();
}

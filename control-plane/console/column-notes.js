import { el } from './dom.js';
import { counted } from './format.js';
import { shownValue } from './table-panels.js';

const MAX_VALUES = 100;

/** Facts about a column, shown below its description. */
export function columnNotes({ formula, rollUp, helpText, picklist, relationship, encrypted } = {}) {
  return [
    helpText ? el('div', { class: 'soft small' }, helpText) : null,
    formula ? el('code', { class: 'block' }, formula) : null,
    rollUp ? el('div', { class: 'small' }, 'Roll-up: ', shownValue(rollUp)) : null,
    relationship && relationship.targets?.length > 1
      ? el('div', { class: 'small' }, `References ${relationship.targets.join(', ')}`)
      : null,
    encrypted ? el('div', { class: 'small' }, 'Encrypted') : null,
    picklist ? picklistNote(picklist) : null,
  ];
}

function picklistNote({ values = [], total, dependsOn }) {
  return el(
    'details',
    { class: 'small' },
    el(
      'summary',
      {},
      `${counted(total ?? values.length, 'values')}${dependsOn ? `, by ${dependsOn}` : ''}`,
    ),
    el(
      'ul',
      {},
      values
        .slice(0, MAX_VALUES)
        .map(({ value, label, active, default: usual }) =>
          el(
            'li',
            {},
            el('span', { class: 'mono' }, value),
            label ? ` ${label}` : null,
            active === false ? el('span', { class: 'soft' }, ' (inactive)') : null,
            usual ? el('span', { class: 'soft' }, ' (default)') : null,
          ),
        ),
    ),
  );
}

/** Panels of a table: tags, owners, code and properties. */
import { el } from './dom.js';
import { panel } from './layout.js';

export function tagList(tags) {
  return tags.map(({ tagFQN, description }) =>
    el('span', { class: 'tag label', title: description }, tagFQN),
  );
}

export function ownersPanel(owners) {
  if (owners.length === 0) return null;
  const people = Map.groupBy(owners, ({ name, email }) => email ?? name ?? 'unnamed');
  return panel(
    'Owners',
    el('p', { class: 'soft small' }, 'Owners as named in the source; for information only.'),
    el(
      'ul',
      {},
      [...people].map(([who, of]) =>
        el(
          'li',
          {},
          el('strong', {}, who),
          of[0].name && of[0].name !== who ? ` ${of[0].name}` : null,
          el('span', { class: 'soft small' }, ` ${ownedBy(of)}`),
        ),
      ),
    ),
  );
}

function ownedBy(owned) {
  const columns = owned.map(({ column }) => column).filter((column) => column !== null);
  return columns.length === owned.length
    ? columns.join(', ')
    : ['the table', ...columns].join(', ');
}

/** Triggers and flows that use the table. */
export function codePanel(code) {
  if (code.length === 0) return null;
  return panel(
    'Code',
    el(
      'ul',
      {},
      code.map(({ service, type, fqn, name, description }) =>
        el(
          'li',
          {},
          el(
            'a',
            { href: `#/entity/${[service, type, fqn].map(encodeURIComponent).join('/')}` },
            name,
          ),
          description ? el('span', { class: 'soft small' }, ` ${description}`) : null,
        ),
      ),
    ),
  );
}

const SHOWN_ELSEWHERE = new Set(['columns', 'owners']);

/** All other properties as received. Those shown elsewhere on the page are omitted. */
export function propertiesPanel(properties) {
  const entries = Object.entries(properties).filter(
    ([name, value]) =>
      !SHOWN_ELSEWHERE.has(name) && value !== null && !(Array.isArray(value) && value.length === 0),
  );
  if (entries.length === 0) return null;
  return panel(
    'Properties',
    el(
      'dl',
      { class: 'properties' },
      entries.flatMap(([name, value]) => [
        el('dt', {}, spaced(name)),
        el('dd', {}, shownValue(value)),
      ]),
    ),
  );
}

/** `validationRules` → `Validation rules`. */
function spaced(name) {
  const words = name.replaceAll(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function shownValue(value) {
  if (Array.isArray(value))
    return value.every((item) => typeof item !== 'object')
      ? value.join(', ')
      : el(
          'ul',
          {},
          value.map((item) => el('li', {}, shownValue(item))),
        );
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .map(([name, member]) => [spaced(name), ': ', shownValue(member)])
      .flatMap((parts, index) => (index === 0 ? parts : ['; ', ...parts]))
      .flat();
  return typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value);
}

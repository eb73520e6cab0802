import { el } from './dom.js';
import { upcoming } from './format.js';

const KEY_LETTERS = 12;

/** Who has signed a pipeline or the tests of a service, as a [title, value] pair. */
export function signatureFact(title, signature) {
  return [title, signature === undefined ? 'not signed' : describe(signature)];
}

function describe({ keyId, title, audience, notBefore, notAfter, state }) {
  const key = el('span', { class: 'mono', title: keyId }, keyId.slice(0, KEY_LETTERS));
  const signed = [
    'signed by key ',
    key,
    ` as “${title}” for ${audience.map(shortened).join(', ')} `,
  ];
  switch (state) {
    case 'matches':
      return el('span', {}, signed, 'until ', upcoming(notAfter));
    case 'notYetValid':
      return el(
        'span',
        {},
        badge('warn', 'Not valid yet'),
        ' ',
        signed,
        'from ',
        upcoming(notBefore),
      );
    case 'expired':
      return el('span', {}, badge('bad', 'Expired'), ' ', signed);
    default:
      return el('span', {}, badge('bad', 'Does not match the present definition'), ' ', signed);
  }
}

/** A fingerprint is too long to be read. */
const shortened = (audience) => audience.replace(/^(runner:[0-9a-f]{12})[0-9a-f]{52}$/, '$1…');

const badge = (look, text) => el('span', { class: `badge ${look}` }, text);

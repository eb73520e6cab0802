import { get } from './api.js';
import { el, replace } from './dom.js';
import { moment } from './format.js';
import { facts, heading } from './layout.js';
import { profilePanel, samplePanel } from './profile-panels.js';
import { propertiesPanel } from './table-panels.js';

/** An entity of any type: known parts first, then everything as it was received. */
export async function entityPage(place, signal, { parts }) {
  const [service, type, fqn] = parts;
  const path = [service, type, fqn].map(encodeURIComponent).join('/');
  const entity = await get(`/entities/${path}`, signal);
  const { request, properties, deletedAt } = entity;
  replace(
    place,
    heading(request.displayName ?? request.name ?? fqn, {
      crumb: el('a', { href: `#/entities?type=${encodeURIComponent(type)}` }, 'Catalog'),
      note: el('span', { class: 'mono' }, fqn),
    }),
    deletedAt === null
      ? null
      : el('p', { class: 'card problem', role: 'status' }, 'Deleted in the source.'),
    about(entity),
    codePanel(request.storedProcedureCode),
    type === 'tableProfile' ? profilePanel(request) : null,
    type === 'sampleData' ? samplePanel(request) : null,
    propertiesPanel(properties),
    rawRequest(request),
  );
}

function about({ service, type, request, provenance: { runId, updatedAt, seenAt } }) {
  return el(
    'section',
    { class: 'card stack', 'aria-label': 'About' },
    request.description ? el('p', {}, request.description) : null,
    facts([
      ['Type', type],
      ['Service', service],
      ['Updated', moment(updatedAt)],
      ['Seen', moment(seenAt)],
      ['By run', el('a', { href: `#/run/${runId}` }, runId)],
    ]),
  );
}

function codePanel({ language, code } = {}) {
  if (!code) return null;
  return el(
    'section',
    { class: 'card', 'aria-label': 'Code' },
    el('h2', {}, language ?? 'Code'),
    el('pre', {}, code),
  );
}

function rawRequest(request) {
  return el(
    'details',
    { class: 'card' },
    el('summary', {}, 'As received'),
    el('pre', {}, JSON.stringify(request, null, 2)),
  );
}

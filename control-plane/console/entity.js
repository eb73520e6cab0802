import { get } from './api.js';
import { el, facts, heading, moment, replace } from './dom.js';
import { profilePanel, propertiesPanel, samplePanel } from './table-facts.js';

/** One entity of any type: what can be shown well, then all of it as it was sent. */
export async function entityPage(place, signal, { parts }) {
  const [service, type, fqn] = parts;
  const entity = await get(
    `/entities/${[service, type, fqn].map(encodeURIComponent).join('/')}`,
    signal,
  );
  const { request, properties, provenance, deletedAt } = entity;
  const code = request.storedProcedureCode?.code;
  replace(
    place,
    heading(request.displayName ?? request.name ?? fqn, {
      crumb: el('a', { href: `#/entities?type=${encodeURIComponent(type)}` }, 'Catalog'),
      note: el('span', { class: 'mono' }, fqn),
    }),
    deletedAt === null
      ? null
      : el('p', { class: 'card problem', role: 'status' }, 'It is gone from the source.'),
    el(
      'section',
      { class: 'card stack', 'aria-label': 'About' },
      request.description ? el('p', {}, request.description) : null,
      facts([
        ['Type', type],
        ['Service', service],
        ['Updated', moment(provenance.updatedAt)],
        ['Seen', moment(provenance.seenAt)],
        ['By run', el('a', { href: `#/run/${provenance.runId}` }, provenance.runId)],
      ]),
    ),
    code
      ? el(
          'section',
          { class: 'card', 'aria-label': 'Code' },
          el('h2', {}, request.storedProcedureCode.language ?? 'Code'),
          el('pre', {}, code),
        )
      : null,
    type === 'tableProfile' ? profilePanel(request) : null,
    type === 'sampleData' ? samplePanel(request) : null,
    propertiesPanel(properties),
    el(
      'details',
      { class: 'card' },
      el('summary', {}, 'As it was sent'),
      el('pre', {}, JSON.stringify(request, null, 2)),
    ),
  );
}

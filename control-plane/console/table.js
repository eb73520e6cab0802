import { get } from './api.js';
import { el, replace } from './dom.js';
import { count, moment } from './format.js';
import { facts, heading } from './layout.js';
import { lineagePanel } from './lineage.js';
import { profilePanel, samplePanel } from './profile-panels.js';
import { columnList } from './table-columns.js';
import { codePanel, ownersPanel, propertiesPanel, tagList } from './table-panels.js';

export async function tablePage(place, signal, { id }) {
  const table = await get(`/tables/${encodeURIComponent(id)}`, signal);
  const lineage = lineagePanel(id, signal);
  replace(
    place,
    tableHeading(table, id),
    deletedNote(table.deletedAt),
    about(table),
    ownersPanel(table.owners),
    profilePanel(table.profile),
    lineage.element,
    codePanel(table.code),
    propertiesPanel(table.properties),
    samplePanel(table.sample),
    columnList(table),
  );
  void lineage.draw();
}

function tableHeading({ service, request }, fqn) {
  const href = `#/tables?service=${encodeURIComponent(service)}`;
  return heading(request.displayName ?? request.name, {
    crumb: el('a', { href }, `Tables of ${service}`),
    note: el('span', { class: 'mono' }, fqn),
  });
}

function deletedNote(deletedAt) {
  if (deletedAt === null) return null;
  return el(
    'p',
    { class: 'card problem', role: 'status' },
    'Deleted in the source, noticed ',
    moment(deletedAt),
    '. The table is restored when a run finds it again.',
  );
}

function about({ request, tags, profile, provenance: { runId, attempt, updatedAt, seenAt } }) {
  const rows = profile?.tableProfile?.rowCount;
  const own = tags.filter(({ column }) => column === null);
  return el(
    'section',
    { class: 'card stack', 'aria-label': 'About' },
    request.description ? el('p', {}, request.description) : null,
    own.length === 0 ? null : el('p', {}, tagList(own)),
    facts([
      ['Name', request.name],
      ['Kind', request.tableType],
      ['Columns', count((request.columns ?? []).length)],
      ['Rows', rows === undefined ? null : count(rows)],
      ['Changed', moment(updatedAt)],
      ['Seen', moment(seenAt)],
      ['By run', el('a', { href: `#/run/${runId}` }, `${runId}, attempt ${attempt}`)],
      ['In the source', sourceLink(request.sourceUrl)],
    ]),
  );
}

/** Only an https address becomes a link, because the text comes from outside. */
function sourceLink(address) {
  return typeof address === 'string' && address.startsWith('https://')
    ? el('a', { href: address, rel: 'noreferrer', target: '_blank' }, 'Open')
    : null;
}

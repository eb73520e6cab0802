import type { Json } from '../support/openmetadata-server/store.ts';
import type { CatalogContent } from './catalog.ts';
import type { Truth, TruthRecords } from './truth.ts';

/** What of a column the server keeps as it is sent. */
const COLUMN = [
  'dataType',
  'dataLength',
  'precision',
  'scale',
  'dataTypeDisplay',
  'displayName',
  'description',
  'constraint',
  'arrayDataType',
];
const TABLE = ['displayName', 'description', 'tableType', 'sourceUrl'];

/** Differences between what a server has of a service and the truth, one in a line. */
export function differences(catalog: CatalogContent, truth: Truth, service: string): string[] {
  const records = truth.recordsAs(service);
  return [
    ...orgDifferences(catalog, truth),
    ...tableDifferences(catalog, records),
    ...edgeDifferences(catalog, records),
    ...procedureDifferences(catalog, records),
    ...profileDifferences(catalog, records),
  ];
}

/** Every object is a table, every field a column. */
function orgDifferences({ tables }: CatalogContent, { fields }: Truth): string[] {
  const byName = new Map([...tables.values()].map((table) => [String(table['name']), table]));
  return [...fields].flatMap(([object, names]) => {
    const columns = new Set(listOf(byName.get(object)?.['columns']).map(({ name }) => name));
    return names
      .filter((name) => !columns.has(name))
      .map((name) => `${object}.${name} is in the org and not on the server`);
  });
}

function tableDifferences({ tables }: CatalogContent, truth: TruthRecords): string[] {
  return [
    ...nameDifferences(
      'table',
      [...tables.keys()],
      truth.tables.map(({ fqn }) => fqn),
    ),
    ...truth.tables.flatMap(({ fqn, request }) => {
      const stored = tables.get(fqn);
      if (stored === undefined) return [];
      return [
        ...fieldDifferences(fqn, request, stored, TABLE),
        ...columnDifferences(fqn, listOf(request['columns']), listOf(stored['columns'])),
        ...keyDifferences(fqn, request, stored),
        ...tagDifferences(fqn, request, stored),
      ];
    }),
  ];
}

function columnDifferences(at: string, sent: readonly Json[], stored: readonly Json[]): string[] {
  const columns = new Map(stored.map((column) => [String(column['name']), column]));
  return [
    ...nameDifferences(
      `column of ${at}`,
      [...columns.keys()],
      sent.map(({ name }) => String(name)),
    ),
    ...sent.flatMap((column) => {
      const there = columns.get(String(column['name']));
      const place = `${at}.${String(column['name'])}`;
      if (there === undefined) return [];
      return [
        ...fieldDifferences(place, column, there, COLUMN),
        ...tagDifferences(place, column, there),
        ...columnDifferences(place, listOf(column['children']), listOf(there['children'])),
      ];
    }),
  ];
}

function keyDifferences(at: string, sent: Json, stored: Json): string[] {
  const keys = (of: Json): string[] =>
    listOf(of['tableConstraints']).map((key) =>
      [key['constraintType'], key['columns'], key['referredColumns'] ?? []].join(' '),
    );
  return nameDifferences(`key of ${at}`, keys(stored), keys(sent));
}

function tagDifferences(at: string, sent: Json, stored: Json): string[] {
  const tags = (of: Json): string[] => listOf(of['tags']).map(({ tagFQN }) => String(tagFQN));
  return nameDifferences(`tag of ${at}`, tags(stored), tags(sent));
}

function edgeDifferences({ edges }: CatalogContent, { lineage }: TruthRecords): string[] {
  const mappings = (details: unknown): string[] =>
    listOf((details as Json | undefined)?.['columnsLineage']).map(
      ({ fromColumns, toColumn }) => `${String(fromColumns)} -> ${String(toColumn)}`,
    );
  return [
    ...nameDifferences(
      'lineage',
      [...edges.keys()],
      lineage.map(({ from, to }) => `${from} -> ${to}`),
    ),
    ...lineage.flatMap(({ from, to, details }) =>
      nameDifferences(
        `columns of ${from} -> ${to}`,
        mappings(edges.get(`${from} -> ${to}`)?.['lineageDetails']),
        mappings(details),
      ),
    ),
  ];
}

function procedureDifferences({ procedures }: CatalogContent, truth: TruthRecords): string[] {
  const code = (of: Json | undefined): unknown => (of?.['storedProcedureCode'] as Json)?.['code'];
  return [
    ...nameDifferences(
      'procedure',
      [...procedures.keys()],
      truth.procedures.map(({ fqn }) => fqn),
    ),
    ...truth.procedures
      .filter(({ fqn }) => procedures.has(fqn))
      .filter(({ fqn, request }) => code(procedures.get(fqn)) !== code(request))
      .map(({ fqn }) => `the code of ${fqn} differs`),
  ];
}

function profileDifferences({ profiles }: CatalogContent, truth: TruthRecords): string[] {
  const rows = (profile: Json | undefined): unknown => profile?.['rowCount'];
  return truth.profiles.flatMap(({ table, request }) => {
    const expected = rows(request['tableProfile'] as Json);
    const found = rows(profiles.get(table));
    return found === expected
      ? []
      : [`${table} has ${String(expected)} rows, and ${String(found)} on the server`];
  });
}

function fieldDifferences(
  at: string,
  sent: Json,
  stored: Json,
  names: readonly string[],
): string[] {
  return names
    .filter((name) => sent[name] !== undefined && asStored(name, sent[name]) !== stored[name])
    .map(
      (name) =>
        `${name} of ${at} is ${JSON.stringify(stored[name])} on the server, not ${JSON.stringify(sent[name])}`,
    );
}

/** A server keeps this in lower case. */
function asStored(name: string, value: unknown): unknown {
  return name === 'dataTypeDisplay' ? String(value).toLowerCase() : value;
}

function nameDifferences(
  what: string,
  stored: readonly string[],
  sent: readonly string[],
): string[] {
  const [there, wanted] = [new Set(stored), new Set(sent)];
  return [
    ...sent.filter((name) => !there.has(name)).map((name) => `${what} missing: ${name}`),
    ...stored.filter((name) => !wanted.has(name)).map((name) => `${what} too many: ${name}`),
  ];
}

function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

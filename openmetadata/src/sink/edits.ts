import { isJson, type StoredColumn, type StoredEntity, type StoredReference } from './entity.ts';

/*
 * Edits made in the catalog by people: descriptions, display names, owners, domains. The server keeps them in a PUT by a
 * bot, but not in a PUT with a person's token; the functions here keep them in both. A value that the source lacks never
 * deletes one.
 */

type Json = Readonly<Record<string, unknown>>;

const EDITED_TEXTS = ['description', 'displayName'] as const;

/** The request with the stored edits in place of the values that would overwrite them. */
export function keepEdits(request: Json, stored: StoredEntity): Json {
  const kept: Record<string, unknown> = { ...request };
  keepTexts(kept, stored);
  const owners = entered(stored.owners).map(({ id, type }) => ({ id, type }));
  const domains = entered(stored.domains).flatMap(
    ({ fullyQualifiedName }) => fullyQualifiedName ?? [],
  );
  if (owners.length > 0) kept['owners'] = owners;
  if (domains.length > 0) kept['domains'] = domains;
  if (stored.columns !== undefined && Array.isArray(request['columns']))
    kept['columns'] = keepColumns(request['columns'], stored.columns);
  return kept;
}

/** References set on the entity itself, not inherited from a parent. */
function entered(
  references: readonly StoredReference[] | null | undefined,
): readonly StoredReference[] {
  return (references ?? []).filter(({ inherited }) => inherited !== true);
}

function keepTexts(target: Record<string, unknown>, stored: StoredColumn | StoredEntity): void {
  for (const name of EDITED_TEXTS) {
    const text = stored[name];
    if (typeof text === 'string' && text !== '') target[name] = text;
  }
}

function keepColumns(
  columns: readonly unknown[],
  stored: readonly StoredColumn[],
): readonly unknown[] {
  const byName = new Map(stored.map((column) => [column.name, column]));
  return columns.map((column) => {
    const known = isJson(column) ? byName.get(String(column['name'])) : undefined;
    if (known === undefined || !isJson(column)) return column;
    const kept: Record<string, unknown> = { ...column };
    keepTexts(kept, known);
    if (Array.isArray(column['children']) && known.children)
      kept['children'] = keepColumns(column['children'], known.children);
    return kept;
  });
}

export interface PatchOperation {
  readonly op: 'add';
  readonly path: string;
  readonly value: unknown;
}

/** The JSON patch that replaces stored values with the source's; empty when they agree. */
export function overrideEdits(request: Json, stored: StoredEntity): readonly PatchOperation[] {
  const operations = textOperations('', request, stored);
  const owners = request['owners'];
  if (Array.isArray(owners) && owners.length > 0 && ids(owners) !== ids(entered(stored.owners)))
    operations.push({ op: 'add', path: '/owners', value: owners });
  if (Array.isArray(request['columns']))
    operations.push(...columnOperations('/columns', request['columns'], stored.columns ?? []));
  return operations;
}

function textOperations(
  path: string,
  wanted: Json,
  stored: StoredColumn | StoredEntity,
): PatchOperation[] {
  return EDITED_TEXTS.flatMap((name) => {
    const text = wanted[name];
    return typeof text === 'string' && text !== '' && text !== stored[name]
      ? [{ op: 'add' as const, path: `${path}/${name}`, value: text }]
      : [];
  });
}

function columnOperations(
  path: string,
  columns: readonly unknown[],
  stored: readonly StoredColumn[],
): readonly PatchOperation[] {
  const wanted = new Map(columns.filter(isJson).map((column) => [column['name'], column]));
  return stored.flatMap((column, index) => {
    const request = wanted.get(column.name);
    if (request === undefined) return [];
    const here = `${path}/${index}`;
    const children = Array.isArray(request['children'])
      ? columnOperations(`${here}/children`, request['children'], column.children ?? [])
      : [];
    return [...textOperations(here, request, column), ...children];
  });
}

function ids(references: readonly unknown[]): string {
  return references
    .map((reference) => (isJson(reference) ? String(reference['id']) : ''))
    .sort()
    .join(' ');
}

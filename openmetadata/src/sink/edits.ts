import { isJson, type Json } from '../../../foundation/src/domain/json.ts';
import {
  type StoredColumn,
  type StoredEntity,
  type StoredReference,
  type StoredTag,
} from './entity.ts';

/*
 * Edits that users made in the catalog: descriptions, display names, owners, domains, tags of
 * columns. The server keeps them in a PUT by a bot, but not in a PUT with a user's token, and not
 * all of a column whose type changes, which it deletes and creates again; the functions here keep
 * them always. A value that the source lacks never deletes one.
 */

const EDITED_TEXTS = ['description', 'displayName'] as const;

/** The request with the stored edits in place of the values that would overwrite them. */
export function keepEdits(request: Json, stored: StoredEntity): Json {
  const merged: Record<string, unknown> = { ...request };
  keepTexts(merged, stored);
  const owners = entered(stored.owners).map(({ id, type }) => ({ id, type }));
  const domains = entered(stored.domains).flatMap(
    ({ fullyQualifiedName }) => fullyQualifiedName ?? [],
  );
  if (owners.length > 0) merged['owners'] = owners;
  if (domains.length > 0) merged['domains'] = domains;
  if (stored.columns !== undefined && Array.isArray(request['columns']))
    merged['columns'] = keepColumns(
      request['columns'],
      stored.columns,
      classificationsOf(request['columns']),
    );
  return merged;
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
  ours: ReadonlySet<string>,
): readonly unknown[] {
  const byName = new Map(stored.map((column) => [column.name, column]));
  return columns.map((column) => {
    const known = isJson(column) ? byName.get(String(column['name'])) : undefined;
    if (known === undefined || !isJson(column)) return column;
    const merged: Record<string, unknown> = { ...column };
    keepTexts(merged, known);
    const tags = keptTags(tagsOf(column), known.tags ?? [], ours);
    if (tags.length > 0) merged['tags'] = tags;
    if (Array.isArray(column['children']) && known.children)
      merged['children'] = keepColumns(column['children'], known.children, ours);
    return merged;
  });
}

/** The tags of the request, and the stored ones that only users or other programs set. */
function keptTags(
  wanted: readonly unknown[],
  stored: readonly StoredTag[],
  ours: ReadonlySet<string>,
): readonly unknown[] {
  const names = new Set(wanted.map((tag) => (isJson(tag) ? tag['tagFQN'] : undefined)));
  const theirs = stored
    .filter(({ tagFQN }) => !names.has(tagFQN))
    .filter(
      ({ tagFQN, labelType }) =>
        labelType === 'Manual' || (labelType !== 'Derived' && !ours.has(classificationOf(tagFQN))),
    )
    .map(({ tagFQN, source, labelType, state }) => ({ tagFQN, source, labelType, state }));
  return [...wanted, ...theirs];
}

function tagsOf(column: Json): readonly unknown[] {
  return Array.isArray(column['tags']) ? column['tags'] : [];
}

/** The classifications whose tags the source decides about. */
function classificationsOf(columns: readonly unknown[]): ReadonlySet<string> {
  const tags = columns.filter(isJson).flatMap(tagsOf).filter(isJson);
  return new Set(tags.map((tag) => classificationOf(String(tag['tagFQN']))));
}

function classificationOf(tagFQN: string): string {
  return /^(?:"(?:[^"\\]|\\.|"")*"|[^."]*)/.exec(tagFQN)![0];
}

/**
 * Whether a column of the request has another type than the stored one, or contains such a column.
 */
export function changesTypes(request: Json, { columns: stored }: StoredEntity): boolean {
  return Array.isArray(request['columns']) && haveOtherTypes(request['columns'], stored ?? []);
}

function haveOtherTypes(columns: readonly unknown[], stored: readonly StoredColumn[]): boolean {
  const byName = new Map(stored.map((column) => [column.name, column]));
  return columns.filter(isJson).some((column) => {
    const known = byName.get(String(column['name']));
    if (known === undefined) return false;
    if (known.dataType !== undefined && known.dataType !== column['dataType']) return true;
    return (
      Array.isArray(column['children']) && haveOtherTypes(column['children'], known.children ?? [])
    );
  });
}

export interface PatchOperation {
  readonly op: 'add' | 'test';
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

/** What an update keeps of the stored entity. */

import type { Json } from './store.ts';
import { list } from './table-rules.ts';

/** Fields that people edit and a bot's PUT does not overwrite. */
const CURATED = ['description', 'displayName', 'owners', 'domains'];

export function keepCurated(updated: Json, stored: Json): void {
  for (const name of CURATED) if (isFilled(stored[name])) updated[name] = stored[name];
  const columns = new Map(list(stored['columns']).map((column) => [column['name'], column]));
  for (const column of list(updated['columns'])) {
    const known = columns.get(column['name']);
    if (known === undefined) continue;
    if (
      isFilled(known['description']) &&
      (isSameType(column, known) || !isFilled(column['description']))
    )
      column['description'] = known['description'];
    if (isSameType(column, known) && isFilled(known['displayName']))
      column['displayName'] = known['displayName'];
  }
}

/**
 * A put adds tags and removes none. A column with another type is a new column, without the tags of
 * the old one.
 */
export function mergeTags(updated: Json, stored: Json): void {
  addTags(updated, stored);
  const columns = new Map(list(stored['columns']).map((column) => [column['name'], column]));
  for (const column of list(updated['columns'])) {
    const known = columns.get(column['name']);
    if (known !== undefined && isSameType(column, known)) addTags(column, known);
  }
}

/**
 * Custom properties of columns stay when a put has none. A column with another type loses them, and
 * those that come with it.
 */
export function keepProperties(updated: Json, stored: Json): void {
  const columns = new Map(list(stored['columns']).map((column) => [column['name'], column]));
  for (const column of list(updated['columns'])) {
    const known = columns.get(column['name']);
    if (known === undefined || !isSameType(column, known)) delete column['extension'];
    else if (known['extension'] !== undefined) column['extension'] ??= known['extension'];
  }
}

function addTags(target: Json, stored: Json): void {
  const names = new Set(list(target['tags']).map(({ tagFQN }) => tagFQN));
  const more = list(stored['tags']).filter(({ tagFQN }) => !names.has(tagFQN));
  if (more.length > 0) target['tags'] = [...list(target['tags']), ...more];
}

function isSameType(column: Json, known: Json): boolean {
  return column['dataType'] === known['dataType'];
}

function isFilled(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== '';
}

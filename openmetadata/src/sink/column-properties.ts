import { z } from 'zod';
import { isJson, type Json } from '../../../foundation/src/domain/json.ts';
import { byName, readAs, titled } from './entity.ts';
import type { MetadataServer } from './server.ts';

const tableSchema = z.looseObject({
  columns: z
    .array(
      z.looseObject({ name: z.string(), extension: z.record(z.string(), z.unknown()).nullish() }),
    )
    .nullish(),
});

/**
 * The request with the custom properties that users set on columns; undefined when there are none.
 * A server drops them with a column whose type changes, and takes them only for a column that has
 * its type already: so they go in a second request. Only columns at the top level have any.
 */
export async function withColumnProperties(
  fqn: string,
  request: Json,
  server: MetadataServer,
  signal: AbortSignal,
): Promise<Json | undefined> {
  const what = titled('table', fqn);
  const path = `${byName('table', fqn)}?include=all&fields=columns,extension`;
  const answer = await server.find(path, what, signal);
  if (answer === undefined || !Array.isArray(request['columns'])) return undefined;
  const { columns } = readAs(tableSchema, answer.body, what);
  const set = new Map(
    (columns ?? []).flatMap(({ name, extension }) =>
      isJson(extension) && Object.keys(extension).length > 0 ? [[name, extension] as const] : [],
    ),
  );
  if (set.size === 0) return undefined;
  return {
    ...request,
    columns: request['columns'].map((column: unknown) => {
      const extension = isJson(column) ? set.get(String(column['name'])) : undefined;
      return isJson(column) && extension !== undefined ? { ...column, extension } : column;
    }),
  };
}

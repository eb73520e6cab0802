import type { z } from 'zod';
import { entityPageSchema, readAs } from './entity.ts';
import type { MetadataServer } from './server.ts';

export type ListedEntity = z.infer<typeof entityPageSchema>['data'][number];

const PAGE_SIZE = 100;

/** All entities of a collection, including deleted ones, page by page. `path` must have a query. */
export async function* listEntities(
  server: MetadataServer,
  path: string,
  what: string,
  signal: AbortSignal,
): AsyncGenerator<ListedEntity, void, undefined> {
  let after: string | null | undefined;
  do {
    const cursor: string = after ? `&after=${encodeURIComponent(after)}` : '';
    const answer = await server.send(
      { method: 'GET', path: `${path}&include=all&limit=${PAGE_SIZE}${cursor}`, what },
      signal,
    );
    const page = readAs(entityPageSchema, answer.body, what);
    yield* page.data;
    after = page.paging.after;
  } while (after);
}

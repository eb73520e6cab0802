import { z } from 'zod';
import type { LineageRecord } from '../../domain/record.ts';
import { titled } from './entity.ts';
import type { MetadataServer } from './server.ts';
import type { TableIndex } from './table-index.ts';

const detailsSchema = z.object({
  source: z.string().nullish(),
  description: z.string().nullish(),
  sqlQuery: z.string().nullish(),
  columnsLineage: z.array(z.object({ fromColumns: z.array(z.string()).nullish(), toColumn: z.string().nullish(), function: z.string().nullish() })).nullish(),
});

/** type/entityLineage.json, as far as it is read. */
const upstreamSchema = z.object({
  upstreamEdges: z.array(z.object({ fromEntity: z.string(), toEntity: z.string(), lineageDetails: detailsSchema.nullish() })).nullish(),
});

/** Puts lineage edges, and leaves those that the server has as they are. */
export class LineageWriter {
  readonly #server: MetadataServer;
  readonly #index: TableIndex;
  /** What the server says of edges, by the table they lead to, then by the id of the one they come from. */
  readonly #stored = new Map<string, Promise<ReadonlyMap<string, string>>>();

  constructor(server: MetadataServer, index: TableIndex) {
    this.#server = server;
    this.#index = index;
  }

  async put({ from, to, details }: LineageRecord, signal: AbortSignal): Promise<void> {
    const what = `lineage from "${from}" to "${to}"`;
    const fromEntity = { id: await this.#index.id(from, signal), type: 'table' };
    const toEntity = { id: await this.#index.id(to, signal), type: 'table' };
    const stored = await this.#upstream(to, toEntity.id, signal);
    if (stored.get(fromEntity.id) === essence(detailsSchema.parse(details ?? {}))) return;
    const edge = { fromEntity, toEntity, ...(details === undefined ? {} : { lineageDetails: details }) };
    await this.#server.send({ method: 'PUT', path: '/lineage', what, body: { edge } }, signal);
  }

  #upstream(to: string, id: string, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
    const known = this.#stored.get(to);
    if (known !== undefined) return known;
    const asked = this.#ask(to, id, signal);
    this.#stored.set(to, asked);
    asked.catch(() => this.#stored.delete(to));
    return asked;
  }

  /** An answer that is not understood is as good as none: the edges are put. */
  async #ask(to: string, id: string, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
    const path = `/lineage/table/name/${encodeURIComponent(to)}?upstreamDepth=1&downstreamDepth=0`;
    const answer = await this.#server.find(path, `lineage of ${titled('table', to)}`, signal);
    const { data } = upstreamSchema.safeParse(answer?.body);
    const edges = (data?.upstreamEdges ?? []).filter(({ toEntity }) => toEntity === id);
    return new Map(edges.map(({ fromEntity, lineageDetails }) => [fromEntity, essence(lineageDetails ?? {})]));
  }
}

/** What was said of an edge, without what the server adds (who and when). */
function essence({ source, description, sqlQuery, columnsLineage }: z.infer<typeof detailsSchema>): string {
  const columns = (columnsLineage ?? []).map((column) => JSON.stringify([column.toColumn ?? '', (column.fromColumns ?? []).toSorted(), column.function ?? '']));
  return JSON.stringify([source ?? 'Manual', description ?? '', sqlQuery ?? '', columns.sort()]);
}

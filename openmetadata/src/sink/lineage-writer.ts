import { z } from 'zod';
import type { LineageRecord, LineageSweepRecord } from '../../../foundation/src/domain/record.ts';
import { SerialQueue } from '../../../foundation/src/runtime/serial-queue.ts';
import { fullyQualifiedName } from '../names.ts';
import { titled } from './entity.ts';
import type { ConcurrencyLimit } from './concurrency-limit.ts';
import type { MetadataServer } from './server.ts';
import type { TableIndex } from './table-index.ts';
import type { WriteSummary } from './write-summary.ts';

const detailsSchema = z.object({
  source: z.string().nullish(),
  description: z.string().nullish(),
  sqlQuery: z.string().nullish(),
  columnsLineage: z
    .array(
      z.object({
        fromColumns: z.array(z.string()).nullish(),
        toColumn: z.string().nullish(),
        function: z.string().nullish(),
      }),
    )
    .nullish(),
});
type Details = z.infer<typeof detailsSchema>;

/** The fields read of type/entityLineage.json. */
const upstreamSchema = z.object({
  upstreamEdges: z
    .array(
      z.object({
        fromEntity: z.string(),
        toEntity: z.string(),
        lineageDetails: detailsSchema.nullish(),
      }),
    )
    .nullish(),
});

/** The stored edges to one table, by the id of the table they come from. */
type Stored = ReadonlyMap<string, Details>;

export interface LineageWriterDeps {
  readonly server: MetadataServer;
  readonly index: TableIndex;
  readonly summary: WriteSummary;
  readonly concurrency: ConcurrencyLimit;
}

/**
 * Writes new lineage edges and deletes stale ones; unchanged edges are not sent. Edges to one table
 * are written one at a time: the server keeps them in one document of its search index, where two
 * writes at once conflict.
 */
export class LineageWriter {
  readonly #deps: LineageWriterDeps;
  readonly #stored = new Map<string, Promise<Stored>>();
  /** The sources of each table's edges in this run. */
  readonly #received = new Map<string, Set<string>>();
  /** Work on the edges to each table. */
  readonly #queues = new Map<string, SerialQueue>();
  #group: LineageRecord[] = [];

  constructor(deps: LineageWriterDeps) {
    this.#deps = deps;
  }

  /** Collects consecutive edges to the same table, and writes them together. */
  async add(record: LineageRecord, signal: AbortSignal): Promise<void> {
    const { from, to } = record;
    this.#received.set(to, (this.#received.get(to) ?? new Set()).add(from));
    if (this.#group[0] !== undefined && this.#group[0].to !== to) await this.flush(signal);
    this.#group.push(record);
  }

  /** Resolves when the last of the collected edges are being written. */
  async flush(signal: AbortSignal): Promise<void> {
    const edges = this.#group;
    this.#group = [];
    const to = edges[0]?.to;
    if (to === undefined) return;
    await this.#inTurn(to, async () => {
      for (const edge of edges)
        await this.#deps.summary.attempt(nameOf(edge), 'lineage', signal, () =>
          this.#put(edge, signal),
        );
    });
  }

  /** Deletes the stored edges of the run's lineage that this run did not send. */
  async sweep({ parent, tables, source }: LineageSweepRecord, signal: AbortSignal): Promise<void> {
    const names = new Map<string, string>();
    for (const table of tables) {
      const fqn = `${parent}.${fullyQualifiedName(table)}`;
      if (await this.#deps.index.exists(fqn, signal))
        names.set(await this.#deps.index.id(fqn, signal), fqn);
    }
    for (const [id, to] of names)
      await this.#inTurn(to, () => this.#sweepOf({ id, to, names, source }, signal));
  }

  async #sweepOf(
    {
      id,
      to,
      names,
      source,
    }: {
      readonly id: string;
      readonly to: string;
      readonly names: ReadonlyMap<string, string>;
      readonly source: string;
    },
    signal: AbortSignal,
  ): Promise<void> {
    const { server, summary } = this.#deps;
    const stored = await summary.guard(`lineage of "${to}"`, signal, () =>
      this.#upstream(to, id, signal),
    );
    for (const [fromId, details] of stored ?? []) {
      const from = names.get(fromId);
      if (
        from === undefined ||
        details.source !== source ||
        this.#received.get(to)?.has(from) === true
      )
        continue;
      const what = nameOf({ from, to });
      await summary.attempt(what, 'lineageDeleted', signal, async () => {
        await server.send(
          { method: 'DELETE', path: `/lineage/table/${fromId}/table/${id}`, what, accept: [404] },
          signal,
        );
      });
    }
  }

  async #inTurn(to: string, work: () => Promise<void>): Promise<void> {
    const queue = this.#queues.get(to) ?? new SerialQueue();
    this.#queues.set(to, queue);
    await this.#deps.concurrency.start(() => queue.run(work));
  }

  async #put(record: LineageRecord, signal: AbortSignal): Promise<void> {
    const { server, index } = this.#deps;
    const { from, to, details } = record;
    const fromEntity = { id: await index.id(from, signal), type: 'table' };
    const toEntity = { id: await index.id(to, signal), type: 'table' };
    const wanted = comparable(detailsSchema.parse(details ?? {}));
    const has = async (): Promise<boolean> => {
      const stored = (await this.#upstream(to, toEntity.id, signal)).get(fromEntity.id);
      return stored !== undefined && comparable(stored) === wanted;
    };
    if (await has()) return;
    const edge = {
      fromEntity,
      toEntity,
      ...(details === undefined ? {} : { lineageDetails: details }),
    };
    // A server may store the edge and then fail to update its search index, which the next
    // reindexing repairs.
    const hasArrived = (): Promise<boolean> => {
      this.#stored.delete(to);
      return has();
    };
    await server.send(
      { method: 'PUT', path: '/lineage', what: nameOf(record), body: { edge }, hasArrived },
      signal,
    );
  }

  #upstream(to: string, id: string, signal: AbortSignal): Promise<Stored> {
    const known = this.#stored.get(to);
    if (known !== undefined) return known;
    const fetched = this.#fetch(to, id, signal);
    this.#stored.set(to, fetched);
    fetched.catch(() => this.#stored.delete(to));
    return fetched;
  }

  /** An unexpected response counts as empty: the edges are written, and none is deleted. */
  async #fetch(to: string, id: string, signal: AbortSignal): Promise<Stored> {
    const path = `/lineage/table/name/${encodeURIComponent(to)}?upstreamDepth=1&downstreamDepth=0`;
    const answer = await this.#deps.server.find(path, `lineage of ${titled('table', to)}`, signal);
    const { data } = upstreamSchema.safeParse(answer?.body);
    const edges = (data?.upstreamEdges ?? []).filter(({ toEntity }) => toEntity === id);
    return new Map(
      edges.map(({ fromEntity, lineageDetails }) => [fromEntity, lineageDetails ?? {}]),
    );
  }
}

function nameOf({ from, to }: Pick<LineageRecord, 'from' | 'to'>): string {
  return `lineage from "${from}" to "${to}"`;
}

/** An edge's details in a comparable form, without those that the server adds (author and time). */
function comparable({ source, description, sqlQuery, columnsLineage }: Details): string {
  const columns = (columnsLineage ?? []).map((column) =>
    JSON.stringify([
      column.toColumn ?? '',
      (column.fromColumns ?? []).toSorted(),
      column.function ?? '',
    ]),
  );
  return JSON.stringify([source ?? 'Manual', description ?? '', sqlQuery ?? '', columns.sort()]);
}

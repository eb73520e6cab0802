import { z } from 'zod';
import type { LineageRecord, LineageSweepRecord } from '../../domain/record.ts';
import { RunnerError } from '../../runtime/errors.ts';
import { fullyQualifiedName } from '../names.ts';
import { titled } from './entity.ts';
import type { Lanes } from './concurrency-limit.ts';
import type { MetadataServer } from './server.ts';
import type { TableIndex } from './table-index.ts';
import type { Tally } from './write-summary.ts';

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

/** type/entityLineage.json, as far as it is read. */
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

/** What the server says of the edges to one table, by the id of the one they come from. */
type Stored = ReadonlyMap<string, Details>;

export interface LineageWriterParts {
  readonly server: MetadataServer;
  readonly index: TableIndex;
  readonly tally: Tally;
  readonly lanes: Lanes;
}

/**
 * Puts lineage edges, leaves those that the server has as they are, and deletes those that are gone. Edges to one table go one
 * after the other: a server keeps them in that table's document of its search index, and two at once are a conflict there.
 */
export class LineageWriter {
  readonly #parts: LineageWriterParts;
  readonly #stored = new Map<string, Promise<Stored>>();
  /** Names of the tables that edges to a table were told to come from in this run. */
  readonly #told = new Map<string, Set<string>>();
  /** The end of the work on a table's edges that was begun last. */
  readonly #working = new Map<string, Promise<void>>();
  #group: LineageRecord[] = [];

  constructor(parts: LineageWriterParts) {
    this.#parts = parts;
  }

  /** Edges to one table come one after the other and go together. */
  async add(record: LineageRecord, signal: AbortSignal): Promise<void> {
    const { from, to } = record;
    this.#told.set(to, (this.#told.get(to) ?? new Set()).add(from));
    if (this.#group[0] !== undefined && this.#group[0].to !== to) await this.flush(signal);
    this.#group.push(record);
  }

  /** Resolves when the last of the edges so far are on their way. */
  async flush(signal: AbortSignal): Promise<void> {
    const edges = this.#group;
    this.#group = [];
    const to = edges[0]?.to;
    if (to === undefined) return;
    await this.#inTurn(to, async () => {
      for (const edge of edges)
        await this.#parts.tally.attempt(nameOf(edge), 'lineage', signal, () =>
          this.#put(edge, signal),
        );
    });
  }

  /** Deletes what the server has of the run's lineage beside what this run told. */
  async sweep({ parent, tables, source }: LineageSweepRecord, signal: AbortSignal): Promise<void> {
    const names = new Map<string, string>();
    for (const table of tables) {
      const fqn = `${parent}.${fullyQualifiedName(table)}`;
      if (await this.#parts.index.exists(fqn, signal))
        names.set(await this.#parts.index.id(fqn, signal), fqn);
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
    const { server, tally } = this.#parts;
    let stored: Stored = new Map();
    await tally.guard(`lineage of "${to}"`, signal, async () => {
      stored = await this.#upstream(to, id, signal);
    });
    for (const [fromId, details] of stored) {
      const from = names.get(fromId);
      if (from === undefined || details.source !== source || this.#told.get(to)?.has(from) === true)
        continue;
      const what = `lineage from "${from}" to "${to}"`;
      await tally.attempt(what, 'lineageDeleted', signal, async () => {
        await server.send(
          { method: 'DELETE', path: `/lineage/table/${fromId}/table/${id}`, what, accept: [404] },
          signal,
        );
      });
    }
  }

  async #inTurn(to: string, work: () => Promise<void>): Promise<void> {
    await this.#parts.lanes.start(() => {
      const turn = (this.#working.get(to) ?? Promise.resolve()).then(work);
      this.#working.set(
        to,
        turn.catch(() => undefined),
      );
      return turn;
    });
  }

  async #put(record: LineageRecord, signal: AbortSignal): Promise<void> {
    const { server, index } = this.#parts;
    const { from, to, details } = record;
    const fromEntity = { id: await index.id(from, signal), type: 'table' };
    const toEntity = { id: await index.id(to, signal), type: 'table' };
    const wanted = essence(detailsSchema.parse(details ?? {}));
    const has = async (): Promise<boolean> => {
      const stored = (await this.#upstream(to, toEntity.id, signal)).get(fromEntity.id);
      return stored !== undefined && essence(stored) === wanted;
    };
    if (await has()) return;
    const edge = {
      fromEntity,
      toEntity,
      ...(details === undefined ? {} : { lineageDetails: details }),
    };
    try {
      await server.send(
        { method: 'PUT', path: '/lineage', what: nameOf(record), body: { edge } },
        signal,
      );
    } catch (thrown) {
      const error = RunnerError.from(thrown);
      this.#stored.delete(to);
      // It keeps the edge before it fails over its search index, which its next reindexing mends.
      if (signal.aborted || error.code !== 'SINK_FAILED' || !(await has())) throw error;
    }
  }

  #upstream(to: string, id: string, signal: AbortSignal): Promise<Stored> {
    const known = this.#stored.get(to);
    if (known !== undefined) return known;
    const asked = this.#ask(to, id, signal);
    this.#stored.set(to, asked);
    asked.catch(() => this.#stored.delete(to));
    return asked;
  }

  /** An answer that is not understood is as good as none: the edges are put, and none is deleted. */
  async #ask(to: string, id: string, signal: AbortSignal): Promise<Stored> {
    const path = `/lineage/table/name/${encodeURIComponent(to)}?upstreamDepth=1&downstreamDepth=0`;
    const answer = await this.#parts.server.find(path, `lineage of ${titled('table', to)}`, signal);
    const { data } = upstreamSchema.safeParse(answer?.body);
    const edges = (data?.upstreamEdges ?? []).filter(({ toEntity }) => toEntity === id);
    return new Map(
      edges.map(({ fromEntity, lineageDetails }) => [fromEntity, lineageDetails ?? {}]),
    );
  }
}

function nameOf({ from, to }: LineageRecord): string {
  return `lineage from "${from}" to "${to}"`;
}

/** What was said of an edge, without what the server adds (who and when). */
function essence({ source, description, sqlQuery, columnsLineage }: Details): string {
  const columns = (columnsLineage ?? []).map((column) =>
    JSON.stringify([
      column.toColumn ?? '',
      (column.fromColumns ?? []).toSorted(),
      column.function ?? '',
    ]),
  );
  return JSON.stringify([source ?? 'Manual', description ?? '', sqlQuery ?? '', columns.sort()]);
}

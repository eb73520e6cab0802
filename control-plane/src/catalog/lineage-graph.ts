import { z } from 'zod';
import type { LineageEdge } from '../store/lineage.ts';
import type { StoreReader } from '../store/store.ts';

/** More edges make the graph unreadable. */
const MAX_EDGES = 200;

const Columns = z
  .array(
    z.object({
      fromColumns: z.array(z.string()),
      toColumn: z.string(),
      function: z.string().nullable().catch(null).default(null),
    }),
  )
  .catch([]);
const Text = z.string().nullable().catch(null).default(null);
const Details = z.object({ columnsLineage: Columns.default([]), source: Text, description: Text });

export interface LineageNode {
  readonly fqn: string;
  readonly name: string;
  readonly displayName: string | null;
  /** Whether the catalog contains the table; lineage may refer to one that was filtered out. */
  readonly known: boolean;
  readonly deleted: boolean;
  /** Steps from the requested table: negative upstream, positive downstream. */
  readonly level: number;
}

export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly source: string | null;
  readonly description: string | null;
  readonly columns: readonly {
    readonly from: readonly string[];
    readonly to: string;
    readonly function: string | null;
  }[];
}

export interface Lineage {
  readonly fqn: string;
  readonly nodes: LineageNode[];
  readonly edges: Edge[];
  /** Whether edges were left out. */
  readonly truncated: boolean;
}

export interface Depths {
  readonly upstreamDepth: number;
  readonly downstreamDepth: number;
}

/** The tables upstream and downstream of a table, up to the given depths. */
export async function lineageAround(
  read: StoreReader,
  fqn: string,
  { upstreamDepth, downstreamDepth }: Depths,
): Promise<Lineage> {
  const walk = new LineageWalk(read, fqn);
  await walk.go('upstream', upstreamDepth);
  await walk.go('downstream', downstreamDepth);
  const nodes = await Promise.all(
    [...walk.levels].map(([name, level]) => nodeOf(read, name, level)),
  );
  return { fqn, nodes, edges: walk.edges.map(toEdge), truncated: walk.truncated };
}

class LineageWalk {
  readonly #read: StoreReader;
  readonly #root: string;
  readonly levels: Map<string, number>;
  readonly edges: LineageEdge[] = [];
  truncated = false;

  constructor(read: StoreReader, root: string) {
    this.#read = read;
    this.#root = root;
    this.levels = new Map([[root, 0]]);
  }

  /** Breadth first, so that near tables are included when the limit is reached. */
  async go(direction: 'upstream' | 'downstream', depth: number): Promise<void> {
    const step = direction === 'upstream' ? -1 : 1;
    let frontier = [this.#root];
    for (let distance = 1; distance <= depth; distance++) {
      const next: string[] = [];
      for (const fqn of frontier)
        next.push(...(await this.#expand(fqn, direction, distance * step)));
      frontier = next;
    }
  }

  /** Follows the edges of a table; returns the tables that were not visited before. */
  async #expand(
    fqn: string,
    direction: 'upstream' | 'downstream',
    level: number,
  ): Promise<string[]> {
    const found: string[] = [];
    for (const edge of await this.#read.lineage.of(fqn, direction, MAX_EDGES + 1)) {
      if (this.edges.some(({ from, to }) => from === edge.from && to === edge.to)) continue;
      if (this.edges.length >= MAX_EDGES) {
        this.truncated = true;
        break;
      }
      this.edges.push(edge);
      const other = direction === 'upstream' ? edge.from : edge.to;
      if (this.levels.has(other)) continue;
      this.levels.set(other, level);
      found.push(other);
    }
    return found;
  }
}

async function nodeOf(read: StoreReader, fqn: string, level: number): Promise<LineageNode> {
  const table = await read.entities.table(fqn);
  const displayName = table?.request['displayName'];
  return {
    fqn,
    name: lastPart(fqn),
    displayName: typeof displayName === 'string' ? displayName : null,
    known: table !== undefined,
    deleted: table !== undefined && table.deletedAt !== null,
    level,
  };
}

function toEdge({ from, to, details }: LineageEdge): Edge {
  const { columnsLineage, source, description } = Details.catch({
    columnsLineage: [],
    source: null,
    description: null,
  }).parse(details);
  return {
    from,
    to,
    source,
    description,
    columns: columnsLineage.map(({ fromColumns, toColumn, function: how }) => ({
      from: fromColumns,
      to: toColumn,
      function: how,
    })),
  };
}

/** The last part of a fully qualified name, without quotes. */
function lastPart(fqn: string): string {
  return (fqn.match(/"(?:[^"\\]|\\.)*"|[^.]+/g)?.at(-1) ?? fqn)
    .replaceAll(/^"|"$/g, '')
    .replaceAll('\\"', '"');
}

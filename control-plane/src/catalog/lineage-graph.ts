import { z } from 'zod';
import type { LineageEdge } from '../store/lineage.ts';
import type { Reads } from '../store/store.ts';

/** The most a picture can show and a reader take in. */
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
  /** Whether the table itself has come in; a lineage may name one that was filtered out. */
  readonly known: boolean;
  readonly deleted: boolean;
  /** Steps from the table asked about: below 0 upstream, above 0 downstream. */
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
  /** Whether there is more than an answer holds. */
  readonly truncated: boolean;
}

export interface Depths {
  readonly upstreamDepth: number;
  readonly downstreamDepth: number;
}

/** The tables that a table's data comes from and goes to, within so many steps. */
export async function lineageAround(
  read: Reads,
  fqn: string,
  { upstreamDepth, downstreamDepth }: Depths,
): Promise<Lineage> {
  const walk = new Walk(read, fqn);
  await walk.go('upstream', upstreamDepth);
  await walk.go('downstream', downstreamDepth);
  const nodes = await Promise.all(
    [...walk.levels].map(([name, level]) => nodeOf(read, name, level)),
  );
  return { fqn, nodes, edges: walk.edges.map(viewEdge), truncated: walk.truncated };
}

class Walk {
  readonly #read: Reads;
  readonly #root: string;
  readonly levels: Map<string, number>;
  readonly edges: LineageEdge[] = [];
  truncated = false;

  constructor(read: Reads, root: string) {
    this.#read = read;
    this.#root = root;
    this.levels = new Map([[root, 0]]);
  }

  /** Breadth first, so that what is near is there even when there is too much. */
  async go(direction: 'upstream' | 'downstream', depth: number): Promise<void> {
    const step = direction === 'upstream' ? -1 : 1;
    let rim = [this.#root];
    for (let distance = 1; distance <= depth; distance++) {
      const next: string[] = [];
      for (const fqn of rim) next.push(...(await this.#from(fqn, direction, distance * step)));
      rim = next;
    }
  }

  /** The tables that were not known before. */
  async #from(fqn: string, direction: 'upstream' | 'downstream', level: number): Promise<string[]> {
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

async function nodeOf(read: Reads, fqn: string, level: number): Promise<LineageNode> {
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

function viewEdge({ from, to, details }: LineageEdge): Edge {
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

/** A part that holds a dot stands in quotes. */
function lastPart(fqn: string): string {
  return (fqn.match(/"(?:[^"\\]|\\.)*"|[^.]+/g)?.at(-1) ?? fqn)
    .replaceAll(/^"|"$/g, '')
    .replaceAll('\\"', '"');
}

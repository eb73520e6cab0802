import { z } from 'zod';
import { lineageAround, type Lineage } from './lineage-graph.ts';
import type { Entity } from '../store/entity.ts';
import type { StoreReader } from '../store/store.ts';

const Tagged = z.object({
  tags: z
    .array(z.object({ tagFQN: z.string() }))
    .catch([])
    .default([]),
});
const Columns = z.array(Tagged.extend({ name: z.string() })).catch([]);
const Text = z.string().nullable().catch(null).default(null);
const Owned = z.object({
  owners: z
    .array(z.object({ name: Text, email: Text, kind: Text }))
    .catch([])
    .default([]),
});
const OwnedColumns = z.record(z.string(), Owned.catch({ owners: [] })).catch({});

interface Tag {
  readonly tagFQN: string;
  /** Null for a tag of the table itself. */
  readonly column: string | null;
  readonly description: string | null;
}

/** A table with everything that the catalog contains about it. */
export async function viewTable(read: StoreReader, table: Entity) {
  const { service, fqn } = table;
  const about = async (type: string): Promise<Entity['request'] | null> =>
    (await read.entities.get({ service, type, fqn }))?.request ?? null;
  return {
    fqn,
    service,
    request: table.request,
    properties: table.properties,
    deleted: table.deletedAt !== null,
    deletedAt: table.deletedAt,
    tags: await tagsOf(read, table),
    owners: ownersOf(table),
    lineage: await edgesOf(read, fqn),
    profile: await about('tableProfile'),
    sample: await about('sampleData'),
    code: await codeOf(read, table),
    provenance: provenanceOf(table),
  };
}

export function provenanceOf({ runId, attempt, epoch, updatedAt, seenBy, seenAt }: Entity) {
  return { runId, attempt, epoch, updatedAt, seenBy, seenAt };
}

async function codeOf(read: StoreReader, { service, request }: Entity) {
  const name = request['name'];
  return typeof name === 'string' ? read.entities.codeFor(service, name) : [];
}

/** Owners as named in the source. They are shown only and not matched with users. */
function ownersOf({ properties }: Entity) {
  const ofColumns = Object.entries(OwnedColumns.parse(properties['columns'] ?? {}));
  return [
    ...Owned.parse(properties).owners.map((owner) => ({ ...owner, column: null })),
    ...ofColumns.flatMap(([column, { owners }]) => owners.map((owner) => ({ ...owner, column }))),
  ];
}

async function tagsOf(read: StoreReader, { service, request }: Entity): Promise<Tag[]> {
  const own = Tagged.parse(request).tags.map(({ tagFQN }) => ({ tagFQN, column: null }));
  const ofColumns = Columns.parse(request['columns'] ?? []).flatMap(({ name, tags }) =>
    tags.map(({ tagFQN }) => ({ tagFQN, column: name })),
  );
  const all = [...own, ...ofColumns];
  const meanings = new Map<string, string | null>();
  for (const { tagFQN } of all) {
    if (!meanings.has(tagFQN))
      meanings.set(
        tagFQN,
        descriptionOf(await read.entities.get({ service, type: 'tag', fqn: tagFQN })),
      );
  }
  return all.map(({ tagFQN, column }) => ({
    tagFQN,
    column,
    description: meanings.get(tagFQN) ?? null,
  }));
}

function descriptionOf(entity: Entity | undefined): string | null {
  const description = entity?.request['description'];
  return typeof description === 'string' && description !== '' ? description : null;
}

async function edgesOf(
  read: StoreReader,
  fqn: string,
): Promise<{ readonly upstream: Lineage['edges']; readonly downstream: Lineage['edges'] }> {
  const { edges } = await lineageAround(read, fqn, { upstreamDepth: 1, downstreamDepth: 1 });
  return {
    upstream: edges.filter(({ to }) => to === fqn),
    downstream: edges.filter(({ from }) => from === fqn),
  };
}

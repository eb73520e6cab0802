import { entityId, fieldDurableId, isCustom } from '../org/durable-ids.ts';
import { describeField } from '../org/field-shapes.ts';
import type { ObjectEntry } from '../org/model.ts';
import { PACKAGES } from '../org/object-list.ts';
import type { Org } from '../org/org.ts';
import { entityColumns } from './entity-columns.ts';
import { fieldColumns, isComponent, particleColumns, type FieldSource } from './field-columns.ts';
import { defineTable, type Row, type Schema, type SpecTable, type Table } from './table.ts';

type Package = (typeof PACKAGES)[number];
type UserOf = () => Row | null;

/**
 * The catalog of the Tooling API: objects, fields, particles and publishers, in restricted SOQL.
 */
export function catalogTables(org: Org, integrationUser: UserOf): Map<string, Table> {
  const publishers = publisherTable();
  const entities = entityTable(org, publishers, integrationUser);
  const fields = fieldTable(org, entities, integrationUser);
  const particles = particleTable(org, entities, fields);
  return new Map(
    [publishers, entities, fields, particles].map((table): [string, Table] => [
      table.schema.type.toLowerCase(),
      table,
    ]),
  );
}

function publisherTable(): SpecTable<Package> {
  return defineTable<Package>({
    type: 'Publisher',
    restricted: true,
    id: (source) => source.namespace,
    sources: () => PACKAGES,
    columns: {
      DurableId: (s) => s.namespace,
      NamespacePrefix: (s) => s.namespace,
      Name: (s) => s.publisher,
      IsSalesforce: () => false,
      MajorVersion: () => 4,
      MinorVersion: () => 2,
    },
  });
}

function entityTable(
  org: Org,
  publishers: SpecTable<Package>,
  integrationUser: UserOf,
): SpecTable<ObjectEntry> {
  const publisherOf = (entry: ObjectEntry): Row | null => {
    const found = PACKAGES.find(({ namespace }) => namespace === entry.namespace);
    return found ? publishers.row(found) : null;
  };
  return defineTable<ObjectEntry>({
    type: 'EntityDefinition',
    restricted: true,
    id: entityId,
    sources: () => org.list(),
    columns: entityColumns(org),
    relations: {
      Publisher: { table: () => publishers, get: publisherOf },
      LastModifiedBy: {
        ...USERS,
        get: (s) => (org.customizedAt(s.name) === null ? null : integrationUser()),
      },
    },
  });
}

function fieldTable(
  org: Org,
  entities: SpecTable<ObjectEntry>,
  integrationUser: UserOf,
): SpecTable<FieldSource> {
  return defineTable<FieldSource>({
    type: 'FieldDefinition',
    restricted: true,
    id: (s) => fieldDurableId(s.entry, s.describe.name),
    columns: fieldColumns(org),
    sources: (names) => fieldSources(org, names).filter(({ describe }) => !isComponent(describe)),
    relations: {
      EntityDefinition: { table: () => entities, get: (s) => entities.row(s.entry) },
      LastModifiedBy: { ...USERS, get: (s) => (s.describe.custom ? integrationUser() : null) },
    },
  });
}

function particleTable(
  org: Org,
  entities: SpecTable<ObjectEntry>,
  fields: SpecTable<FieldSource>,
): SpecTable<FieldSource> {
  return defineTable<FieldSource>({
    type: 'EntityParticle',
    restricted: true,
    id: (s) => fieldDurableId(s.entry, s.describe.name),
    columns: particleColumns(org),
    sources: (names) =>
      fieldSources(org, names).filter(({ describe }) => !describe.queryByDistance),
    relations: {
      EntityDefinition: { table: () => entities, get: (s) => entities.row(s.entry) },
      FieldDefinition: { table: () => fields, get: (s) => fields.row(s) },
    },
  });
}

const USER_COLUMNS = new Map(
  ['Id', 'Name', 'Username', 'Email'].map((name) => [name.toLowerCase(), name]),
);

const USER_SCHEMA: Schema = {
  type: 'User',
  column: (name) => USER_COLUMNS.get(name.toLowerCase()),
  relation: () => undefined,
  columns: () => [...USER_COLUMNS.values()],
};

const USERS = { table: () => ({ schema: USER_SCHEMA }) };

/** The fields of the entities named by API name, or by durable id of either length. */
function fieldSources(org: Org, names: readonly string[] | null): FieldSource[] {
  const wanted = new Set((names ?? []).flatMap((name) => [name.toLowerCase(), name.slice(0, 15)]));
  const chosen = org
    .list()
    .filter(
      (entry) =>
        wanted.has(entry.name.toLowerCase()) || (isCustom(entry) && wanted.has(entityId(entry))),
    );
  return chosen.flatMap((entry) =>
    org
      .fields(entry.name)
      .map((field) => ({ entry, field, describe: describeField(field.traits) })),
  );
}

import type { SQLInputValue } from 'node:sqlite';
import { json, type Row, type Statements } from './sqlite-statements.ts';
import type {
  Entity,
  EntityFilter,
  EntityReads,
  EntityRow,
  EntityWrites,
  NewEntity,
  TableRow,
  TypeCount,
} from './entity.ts';

const MATCHES = `
  type = ?1 AND (?2 IS NULL OR service = ?2) AND (?3 OR deleted_at IS NULL) AND (?4 IS NULL
    OR name LIKE ?4 ESCAPE '\\' OR display_name LIKE ?4 ESCAPE '\\'
    OR description LIKE ?4 ESCAPE '\\')`;
const PAGE = `
  SELECT fqn, service, type, name, display_name, description, table_type, columns, deleted_at
  FROM entities
  WHERE ${MATCHES} AND (?5 IS NULL OR fqn > ?5)
  ORDER BY fqn LIMIT ?6`;
const TOTAL = `SELECT COUNT(*) AS total FROM entities WHERE ${MATCHES}`;
const TABLE =
  "SELECT * FROM entities WHERE type = 'table' AND fqn = ? ORDER BY updated_at DESC LIMIT 1";
const GET = 'SELECT * FROM entities WHERE service = ? AND type = ? AND fqn = ?';
const TYPES = `
  SELECT service, type, COUNT(*) AS count
  FROM entities
  WHERE deleted_at IS NULL
  GROUP BY service, type
  ORDER BY service, type`;
const CODE = `
  SELECT fqn, service, type, name, display_name, description, deleted_at
  FROM entities
  WHERE service = ? AND type = 'storedProcedure' AND deleted_at IS NULL
    AND EXISTS (SELECT 1 FROM json_each(properties, '$.objects') WHERE value = ?)
  ORDER BY fqn LIMIT 100`;
const UPSERT = `
  INSERT INTO entities (service, type, fqn, name, display_name, description, table_type, columns,
    request, properties, run_id, attempt, epoch, updated_at, seen_by, seen_at, deleted_at,
    generation)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?11, ?, ?, ?14, ?11, ?14, NULL, ?15)
  ON CONFLICT (service, type, fqn) DO UPDATE SET name = excluded.name,
    display_name = excluded.display_name, description = excluded.description,
    table_type = excluded.table_type, columns = excluded.columns, request = excluded.request,
    properties = excluded.properties, run_id = excluded.run_id, attempt = excluded.attempt,
    epoch = excluded.epoch, updated_at = excluded.updated_at, seen_by = excluded.seen_by,
    seen_at = excluded.seen_at, deleted_at = NULL, generation = excluded.generation
  WHERE excluded.generation >= entities.generation`;
const COUNT_ONCE = 'INSERT OR IGNORE INTO attempt_entities VALUES (?, ?, ?, ?)';
const SEEN = `
  UPDATE entities SET seen_by = ?, seen_at = ?, generation = ?3
  WHERE service = ?4 AND type = ?5 AND fqn = ?6 AND generation <= ?3 AND deleted_at IS NULL`;
const REVIVED = `
  UPDATE entities SET seen_by = ?, seen_at = ?, generation = ?3, deleted_at = NULL
  WHERE service = ?4 AND type = ?5 AND fqn = ?6 AND generation <= ?3`;
const REMOVE = `
  UPDATE entities SET deleted_at = ?1, generation = ?5
  WHERE service = ?2 AND deleted_at IS NULL AND generation <= ?5 AND ((type = ?3 AND fqn = ?4)
    OR (type <> ?3 AND substr(fqn, 1, length(?4) + 1) = ?4 || '.'))`;
const CHILDREN = `
  SELECT fqn
  FROM entities
  WHERE service = ?1 AND type = ?2 AND deleted_at IS NULL
    AND COALESCE(request ->> 'databaseSchema', request ->> 'database', request ->> 'service') = ?3`;

export function entityTables(statements: Statements): EntityReads & EntityWrites {
  return { ...entityReads(statements), ...entityWrites(statements) };
}

function entityReads(statements: Statements): EntityReads {
  const page = <T>(
    type: string,
    filter: EntityFilter,
    map: (row: Row) => T,
  ): { rows: T[]; total: number } => {
    const parameters = filterParameters(type, filter);
    return {
      rows: statements.all(PAGE, [...parameters, filter.after ?? null, filter.limit], map),
      total: statements.get(TOTAL, parameters, (row) => row['total'] as number) ?? 0,
    };
  };
  return {
    tables: async (filter) => {
      const { rows, total } = page('table', filter, toTableRow);
      return { tables: rows, total };
    },
    table: async (fqn) => statements.get(TABLE, [fqn], toEntity),
    get: async ({ service, type, fqn }) => statements.get(GET, [service, type, fqn], toEntity),
    ofType: async (type, filter) => {
      const { rows, total } = page(type, filter, toEntityRow);
      return { entities: rows, total };
    },
    codeFor: async (service, object) => statements.all(CODE, [service, object], toEntityRow),
    types: async () => statements.all(TYPES, [], toTypeCount),
  };
}

function entityWrites(statements: Statements): EntityWrites {
  return {
    drop: async (service) =>
      void statements.run('DELETE FROM entities WHERE service = ?', [service]),
    upsert: async (entity) => {
      const { runId, epoch, type, fqn } = entity;
      const applied = statements.run(UPSERT, fromEntity(entity)) === 1;
      const first = statements.run(COUNT_ONCE, [runId, epoch, type, fqn]) === 1;
      return { applied, changed: applied, first };
    },
    seen: async ({ service, type, fqn }, { runId, at, generation }) => {
      const parameters = [runId, at, generation, service, type, fqn];
      if (statements.run(SEEN, parameters) === 1)
        return { applied: true, changed: false, known: true };
      const revived = statements.run(REVIVED, parameters) === 1;
      const exists = (): boolean =>
        statements.get(GET, [service, type, fqn], toEntity) !== undefined;
      return { applied: revived, changed: revived, known: revived || exists() };
    },
    remove: async ({ service, type, fqn }, { at, generation }) =>
      statements.run(REMOVE, [at, service, type, fqn, generation]),
    childrenOf: async ({ service, type, parent }) =>
      statements.all(CHILDREN, [service, type, parent], (row) => row['fqn'] as string),
  };
}

/** In the order of UPSERT. */
function fromEntity(entity: NewEntity): SQLInputValue[] {
  const { request } = entity;
  const columns = Array.isArray(request['columns']) ? request['columns'].length : 0;
  return [
    entity.service,
    entity.type,
    entity.fqn,
    text(request['name']) ?? entity.fqn,
    text(request['displayName']),
    text(request['description']),
    text(request['tableType']),
    columns,
    JSON.stringify(request),
    JSON.stringify(entity.properties),
    entity.runId,
    entity.attempt,
    entity.epoch,
    entity.updatedAt,
    entity.generation,
  ];
}

/** The parameters of MATCHES. */
function filterParameters(
  type: string,
  { service, q, deleted }: EntityFilter,
): [string, string | null, number, string | null] {
  return [
    type,
    service ?? null,
    deleted === true ? 1 : 0,
    q === undefined || q === '' ? null : `%${q.replaceAll(/[\\%_]/g, '\\$&')}%`,
  ];
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function toTypeCount(row: Row): TypeCount {
  return {
    service: row['service'] as string,
    type: row['type'] as string,
    count: row['count'] as number,
  };
}

function toEntityRow(row: Row): EntityRow {
  return {
    fqn: row['fqn'] as string,
    service: row['service'] as string,
    type: row['type'] as string,
    name: row['name'] as string,
    displayName: row['display_name'] as string | null,
    description: row['description'] as string | null,
    deletedAt: row['deleted_at'] as number | null,
  };
}

function toTableRow(row: Row): TableRow {
  return {
    ...toEntityRow(row),
    tableType: row['table_type'] as string | null,
    columns: row['columns'] as number,
  };
}

function toEntity(row: Row): Entity {
  return {
    service: row['service'] as string,
    type: row['type'] as string,
    fqn: row['fqn'] as string,
    request: json(row['request']) as Entity['request'],
    properties: json(row['properties']) as Entity['properties'],
    runId: row['run_id'] as string,
    attempt: row['attempt'] as number,
    epoch: row['epoch'] as number,
    generation: row['generation'] as number,
    updatedAt: row['updated_at'] as number,
    seenBy: row['seen_by'] as string,
    seenAt: row['seen_at'] as number,
    deletedAt: row['deleted_at'] as number | null,
  };
}

import { json, type Row, type Statements } from './sqlite-statements.ts';
import type { Entity, EntityReads, EntityWrites, TableFilter, TableRow } from './store.ts';

const MATCHES = `type = 'table' AND (?1 IS NULL OR service = ?1)
  AND (?2 IS NULL OR name LIKE ?2 ESCAPE '\\' OR display_name LIKE ?2 ESCAPE '\\' OR description LIKE ?2 ESCAPE '\\')`;
const TABLES = `SELECT fqn, service, name, display_name, description, table_type, columns FROM entities WHERE ${MATCHES}
  AND (?3 IS NULL OR fqn > ?3) ORDER BY fqn LIMIT ?4`;
const TOTAL = `SELECT COUNT(*) AS total FROM entities WHERE ${MATCHES}`;
const TABLE = "SELECT * FROM entities WHERE type = 'table' AND fqn = ? ORDER BY updated_at DESC LIMIT 1";
const UPSERT = 'INSERT OR REPLACE INTO entities VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)';
const COUNT_ONCE = 'INSERT OR IGNORE INTO attempt_entities VALUES (?, ?, ?, ?)';

export function entityTables(statements: Statements): EntityReads & EntityWrites {
  return {
    tables: async (filter) => {
      const matching = matches(filter);
      const tables = statements.all(TABLES, [...matching, filter.after ?? null, filter.limit], toTableRow);
      return { tables, total: statements.get(TOTAL, matching, (row) => row['total'] as number) ?? 0 };
    },
    table: async (fqn) => statements.get(TABLE, [fqn], toEntity),
    upsert: async (entity) => {
      const { service, type, fqn, request, runId, attempt, epoch, updatedAt } = entity;
      const columns = Array.isArray(request['columns']) ? request['columns'].length : 0;
      statements.run(UPSERT, [
        service, type, fqn, text(request['name']) ?? fqn, text(request['displayName']), text(request['description']),
        text(request['tableType']), columns, JSON.stringify(request), runId, attempt, epoch, updatedAt,
      ]);
      return statements.run(COUNT_ONCE, [runId, epoch, type, fqn]) === 1;
    },
  };
}

function matches({ service, q }: TableFilter): [string | null, string | null] {
  return [service ?? null, q === undefined || q === '' ? null : `%${q.replaceAll(/[\\%_]/g, '\\$&')}%`];
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function toTableRow(row: Row): TableRow {
  return {
    fqn: row['fqn'] as string, service: row['service'] as string, name: row['name'] as string, displayName: row['display_name'] as string | null,
    description: row['description'] as string | null, tableType: row['table_type'] as string | null, columns: row['columns'] as number,
  };
}

function toEntity(row: Row): Entity {
  return {
    service: row['service'] as string, type: row['type'] as string, fqn: row['fqn'] as string, request: json(row['request']) as Entity['request'],
    runId: row['run_id'] as string, attempt: row['attempt'] as number, epoch: row['epoch'] as number, updatedAt: row['updated_at'] as number,
  };
}

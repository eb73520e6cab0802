import { json, type Row, type Statements } from './sqlite-statements.ts';
import type { LineageEdge, LineageReads, LineageWrites } from './lineage.ts';

const UPSTREAM = 'SELECT * FROM lineage WHERE target = ? ORDER BY source LIMIT ?';
const DOWNSTREAM = 'SELECT * FROM lineage WHERE source = ? ORDER BY target LIMIT ?';
const SAVE = `
  INSERT INTO lineage (service, source, target, details, run_id, updated_at, generation)
  VALUES (?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (service, source, target) DO UPDATE SET details = excluded.details,
    run_id = excluded.run_id, updated_at = excluded.updated_at, generation = excluded.generation
  WHERE excluded.generation >= lineage.generation`;

const DELETE_OLDER = `
  DELETE
  FROM lineage
  WHERE service = ? AND generation < ? AND json_extract(details, '$.source') = ?
    AND target IN (SELECT value FROM json_each(?)) AND source IN (SELECT value FROM json_each(?))`;

export function lineageTable(statements: Statements): LineageReads & LineageWrites {
  return {
    of: async (fqn, direction, limit) =>
      statements.all(direction === 'upstream' ? UPSTREAM : DOWNSTREAM, [fqn, limit], toEdge),
    drop: async (service) =>
      void statements.run('DELETE FROM lineage WHERE service = ?', [service]),
    deleteOlder: async ({ service, tables, source, generation }) => {
      const names = JSON.stringify(tables);
      return statements.run(DELETE_OLDER, [service, generation, source, names, names]);
    },
    save: async ({ service, from, to, details, runId, updatedAt, generation }) =>
      statements.run(SAVE, [
        service,
        from,
        to,
        JSON.stringify(details),
        runId,
        updatedAt,
        generation,
      ]) === 1,
  };
}

function toEdge(row: Row): LineageEdge {
  return {
    service: row['service'] as string,
    from: row['source'] as string,
    to: row['target'] as string,
    details: json(row['details']) as LineageEdge['details'],
    runId: row['run_id'] as string,
    updatedAt: row['updated_at'] as number,
    generation: row['generation'] as number,
  };
}

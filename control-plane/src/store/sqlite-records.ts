import { createHash } from 'node:crypto';
import type { Row, Statements } from './sqlite-statements.ts';
import type { RecordReads, RecordWrites, StoredRecord } from './store.ts';

const COLUMNS = `
  position, records.epoch, attempts.attempt, sequence, line
  FROM records
  JOIN attempts USING (run_id, epoch)`;
const OF_KIND = `
  SELECT ${COLUMNS}
  WHERE run_id = ? AND kind = ? AND position > ?
  ORDER BY position LIMIT ?`;
const OF_ATTEMPT = `
  SELECT ${COLUMNS}
  WHERE run_id = ? AND epoch = ? AND sequence > ?
  ORDER BY sequence LIMIT ?`;
const OF_ATTEMPT_AND_KIND = `
  SELECT ${COLUMNS}
  WHERE run_id = ? AND epoch = ? AND sequence > ? AND kind = ?
  ORDER BY sequence LIMIT ?`;
const KINDS_AMONG = `
  SELECT value AS kind FROM json_each(?2)
  WHERE EXISTS (SELECT 1 FROM records WHERE run_id = ?1 AND kind = value)
  ORDER BY key`;
const LINES =
  'SELECT line FROM records WHERE run_id = ? AND epoch = ? AND sequence <= ? ORDER BY sequence';
const APPEND = 'INSERT INTO records (run_id, epoch, sequence, kind, line) VALUES (?, ?, ?, ?, ?)';
const DROP =
  'DELETE FROM records WHERE position IN (SELECT position FROM records WHERE run_id = ? LIMIT ?)';
const FORGET = 'DELETE FROM attempt_entities WHERE run_id = ?';
const FORGET_RELAY = 'DELETE FROM relay_log WHERE run_id = ?';

export function recordTables(statements: Statements): RecordReads & RecordWrites {
  return {
    ofKind: async (runId, kind, { after, limit }) =>
      statements.all(OF_KIND, [runId, kind, after, limit], toRecord),
    ofAttempt: async (runId, epoch, { after, limit }, kind) =>
      kind === undefined
        ? statements.all(OF_ATTEMPT, [runId, epoch, after, limit], toRecord)
        : statements.all(OF_ATTEMPT_AND_KIND, [runId, epoch, after, kind, limit], toRecord),
    kindsAmong: async (runId, kinds) =>
      statements.all(KINDS_AMONG, [runId, JSON.stringify(kinds)], (row) => row['kind'] as string),
    digest: async (runId, epoch, upTo) => {
      const hash = createHash('sha256');
      for (const row of statements.each(LINES, [runId, epoch, upTo]))
        hash.update(`${row['line'] as string}\n`);
      return hash.digest('hex');
    },
    append: async (runId, epoch, first, records) => {
      records.forEach(({ kind, line }, index) =>
        statements.run(APPEND, [runId, epoch, first + index, kind, line]),
      );
    },
    drop: async (runId, limit) => {
      const dropped = statements.run(DROP, [runId, limit]);
      if (dropped < limit) for (const sql of [FORGET, FORGET_RELAY]) statements.run(sql, [runId]);
      return dropped;
    },
  };
}

function toRecord(row: Row): StoredRecord {
  return {
    position: row['position'] as number,
    epoch: row['epoch'] as number,
    attempt: row['attempt'] as number,
    sequence: row['sequence'] as number,
    line: row['line'] as string,
  };
}

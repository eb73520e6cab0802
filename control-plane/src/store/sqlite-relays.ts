import type {
  CatalogMark,
  PendingTest,
  Relay,
  RelayLine,
  RelayReads,
  RelayWrites,
} from './relay.ts';
import { blob, Columns, plain } from './sqlite-columns.ts';
import { json, type Row, type Statements } from './sqlite-statements.ts';

const SAVE = `
  INSERT INTO relays (run_id, endpoint, deployment, state, document)
  VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (run_id) DO UPDATE SET state = excluded.state, document = excluded.document`;
const GET = 'SELECT document FROM relays WHERE run_id = ?';
const OPEN = "SELECT document FROM relays WHERE state NOT IN ('done', 'failed') ORDER BY position";
const LATEST = `
  SELECT document FROM relays WHERE endpoint = ? AND deployment = ?
  ORDER BY position DESC LIMIT 1`;
const MARK = 'SELECT document FROM catalog_marks WHERE endpoint = ? AND service = ?';
const SAVE_MARK = `
  INSERT OR REPLACE INTO catalog_marks (endpoint, service, document)
  VALUES (?, ?, ?)`;
const DELETE_MARK = 'DELETE FROM catalog_marks WHERE endpoint = ? AND service = ?';
const LOG = `
  SELECT position, time, level, message, data FROM relay_log
  WHERE run_id = ? AND position > ? ORDER BY position LIMIT ?`;
const APPEND = `
  INSERT INTO relay_log (run_id, time, level, message, data)
  VALUES (?, ?, ?, ?, ?)`;
const TESTS = 'SELECT * FROM connection_tests ORDER BY run_id';
const TEST = new Columns<PendingTest>('connection_tests', {
  runId: plain('run_id'),
  endpoint: plain('endpoint'),
  workflow: plain('workflow'),
  pool: plain('pool'),
  sealedToken: blob('sealed_token'),
});
const SAVE_TEST = TEST.insert();
const DELETE_TEST = 'DELETE FROM connection_tests WHERE run_id = ?';

export function relayTable(statements: Statements): RelayReads & RelayWrites {
  return {
    ...reads(statements),
    save: async (relay) => {
      const { runId, endpoint, deployment, status } = relay;
      const document = JSON.stringify(relay);
      statements.run(SAVE, [runId, endpoint, deployment, status.state, document]);
    },
    saveMark: async (mark) => {
      statements.run(SAVE_MARK, [mark.endpoint, mark.service, JSON.stringify(mark)]);
    },
    deleteMark: async (endpoint, service) => void statements.run(DELETE_MARK, [endpoint, service]),
    saveTest: async (test) => statements.save(SAVE_TEST, test),
    deleteTest: async (runId) => void statements.run(DELETE_TEST, [runId]),
    appendLog: async (runId, { time, level, message, data }) => {
      const text = data === null ? null : JSON.stringify(data);
      statements.run(APPEND, [runId, time, level, message, text]);
    },
  };
}

function reads(statements: Statements): RelayReads {
  const toRelay = (row: Row): Relay => json(row['document']) as Relay;
  const toMark = (row: Row): CatalogMark => json(row['document']) as CatalogMark;
  return {
    get: async (runId) => statements.get(GET, [runId], toRelay),
    open: async () => statements.all(OPEN, [], toRelay),
    latest: async (endpoint, deployment) => statements.get(LATEST, [endpoint, deployment], toRelay),
    mark: async (endpoint, service) => statements.get(MARK, [endpoint, service], toMark),
    log: async (runId, after, limit) => statements.all(LOG, [runId, after, limit], toLine),
    tests: async () => statements.all(TESTS, [], TEST.read),
  };
}

function toLine(row: Row): RelayLine {
  return {
    position: row['position'] as number,
    time: row['time'] as number,
    level: row['level'] as string,
    message: row['message'] as string,
    data: row['data'] === null ? null : (json(row['data']) as RelayLine['data']),
  };
}

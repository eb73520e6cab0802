import { blob, Columns, optionalBlob, plain } from './sqlite-columns.ts';
import type { Statements } from './sqlite-statements.ts';
import type { RunnerList } from './runner-list.ts';
import type { Runner, RunnerReads, RunnerWrites, StoredToken, Tokens } from './store.ts';

const TOKEN = new Columns<StoredToken>('tokens', {
  hash: blob('hash'),
  name: plain('name'),
  expiresAt: plain('expires_at'),
  usedBy: plain('used_by'),
  pool: plain('pool'),
});
const INSERT_TOKEN = TOKEN.insert();

export function tokenTable(statements: Statements): Tokens {
  return {
    insert: async (token) => statements.save(INSERT_TOKEN, token),
    find: async (hash) => statements.get('SELECT * FROM tokens WHERE hash = ?', [hash], TOKEN.read),
    markUsed: async (hash, runnerId) =>
      void statements.run('UPDATE tokens SET used_by = ? WHERE hash = ?', [runnerId, hash]),
  };
}

const RUNNER = new Columns<Runner>('runners', {
  id: plain('id'),
  name: plain('name'),
  publicKey: blob('public_key'),
  nextPublicKey: optionalBlob('next_public_key'),
  keySince: plain('key_since'),
  version: plain('version'),
  platform: plain('platform'),
  enrolledAt: plain('enrolled_at'),
  lastSeenAt: plain('last_seen_at'),
  revokedAt: plain('revoked_at'),
  drainReason: plain('drain_reason'),
  pool: plain('pool'),
});
const SAVE_RUNNER = RUNNER.upsert(['id']);

const TOUCH = `
  UPDATE runners SET last_seen_at = seen.value
  FROM json_each(?) AS seen
  WHERE runners.id = seen.key`;

/** Reads what is committed, for a connection that does not write. */
export function runnerReads(statements: Statements, list: RunnerList): RunnerReads {
  return {
    list: async () => list.committedRunners(),
    get: async (id) => statements.get('SELECT * FROM runners WHERE id = ?', [id], RUNNER.read),
  };
}

export function runnerTables(statements: Statements, list: RunnerList): RunnerReads & RunnerWrites {
  return {
    ...runnerReads(statements, list),
    list: async () => list.currentRunners(() => allRunners(statements)),
    save: async (runner) => {
      list.changed();
      statements.save(SAVE_RUNNER, runner);
    },
    seen: async (times) => {
      list.changed();
      statements.run(TOUCH, [JSON.stringify(Object.fromEntries(times))]);
    },
  };
}

export function allRunners(statements: Statements): Runner[] {
  return statements.all('SELECT * FROM runners ORDER BY enrolled_at, id', [], RUNNER.read);
}

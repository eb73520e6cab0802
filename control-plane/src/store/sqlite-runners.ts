import { bytes, type Row, type Statements } from './sqlite-statements.ts';
import type { RunnerList } from './runner-list.ts';
import type { Runner, RunnerReads, RunnerWrites, StoredToken, Tokens } from './store.ts';

const INSERT_TOKEN =
  'INSERT INTO tokens (hash, name, expires_at, used_by, pool) VALUES (?, ?, ?, ?, ?)';

export function tokenTable(statements: Statements): Tokens {
  return {
    insert: async ({ hash, name, expiresAt, usedBy, pool }) =>
      void statements.run(INSERT_TOKEN, [hash, name, expiresAt, usedBy, pool]),
    find: async (hash) => statements.get('SELECT * FROM tokens WHERE hash = ?', [hash], toToken),
    markUsed: async (hash, runnerId) =>
      void statements.run('UPDATE tokens SET used_by = ? WHERE hash = ?', [runnerId, hash]),
  };
}

function toToken(row: Row): StoredToken {
  return {
    hash: bytes(row['hash']),
    name: row['name'] as string | null,
    expiresAt: row['expires_at'] as number,
    usedBy: row['used_by'] as string | null,
    pool: row['pool'] as string,
  };
}

const SAVE_RUNNER = `
  INSERT OR REPLACE INTO runners (id, name, public_key, version, platform, enrolled_at,
    last_seen_at, revoked_at, drain_reason, pool, next_public_key, key_since)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

const TOUCH = `
  UPDATE runners SET last_seen_at = seen.value
  FROM json_each(?) AS seen
  WHERE runners.id = seen.key`;

/** Reads what is committed, for a connection that does not write. */
export function runnerReads(statements: Statements, list: RunnerList): RunnerReads {
  return {
    list: async () => list.committedRunners(),
    get: async (id) => statements.get('SELECT * FROM runners WHERE id = ?', [id], toRunner),
  };
}

export function runnerTables(statements: Statements, list: RunnerList): RunnerReads & RunnerWrites {
  return {
    ...runnerReads(statements, list),
    list: async () => list.currentRunners(() => allRunners(statements)),
    save: async (runner) => {
      list.changed();
      statements.run(SAVE_RUNNER, [
        runner.id,
        runner.name,
        runner.publicKey,
        runner.version,
        runner.platform,
        runner.enrolledAt,
        runner.lastSeenAt,
        runner.revokedAt,
        runner.drainReason,
        runner.pool,
        runner.nextPublicKey,
        runner.keySince,
      ]);
    },
    seen: async (times) => {
      list.changed();
      statements.run(TOUCH, [JSON.stringify(Object.fromEntries(times))]);
    },
  };
}

export function allRunners(statements: Statements): Runner[] {
  return statements.all('SELECT * FROM runners ORDER BY enrolled_at, id', [], toRunner);
}

function toRunner(row: Row): Runner {
  return {
    id: row['id'] as string,
    name: row['name'] as string,
    publicKey: bytes(row['public_key']),
    nextPublicKey: row['next_public_key'] === null ? null : bytes(row['next_public_key']),
    keySince: row['key_since'] as number,
    version: row['version'] as string,
    platform: row['platform'] as string,
    enrolledAt: row['enrolled_at'] as number,
    lastSeenAt: row['last_seen_at'] as number | null,
    revokedAt: row['revoked_at'] as number | null,
    drainReason: row['drain_reason'] as string | null,
    pool: row['pool'] as string,
  };
}

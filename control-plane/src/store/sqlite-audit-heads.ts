import type {
  AuditHeadReads,
  AuditHeadWrites,
  AuditSummary,
  StoredAuditHead,
} from './audit-head.ts';
import { blob, Columns, plain } from './sqlite-columns.ts';
import type { Row, Statements } from './sqlite-statements.ts';

const LATEST = 'SELECT * FROM audit_heads WHERE runner_id = ? ORDER BY position DESC LIMIT 1';
const LIST = 'SELECT * FROM audit_heads WHERE runner_id = ? ORDER BY position';
const SUMMARIES = `
  SELECT last.runner_id, last.number, last.received_at, (
    SELECT problem FROM audit_heads AS head
    WHERE head.runner_id = last.runner_id AND problem IS NOT NULL AND acknowledged_at IS NULL
    ORDER BY position LIMIT 1
  ) AS problem
  FROM audit_heads AS last
  WHERE last.position IN (SELECT MAX(position) FROM audit_heads GROUP BY runner_id)
  ORDER BY last.runner_id`;
const HEAD = new Columns<StoredAuditHead>('audit_heads', {
  runnerId: plain('runner_id'),
  number: plain('number'),
  hash: plain('hash'),
  signature: blob('signature'),
  publicKey: blob('public_key'),
  receivedAt: plain('received_at'),
  problem: plain('problem'),
  acknowledgedAt: plain('acknowledged_at'),
});
const SAVE = HEAD.insert();
const ACKNOWLEDGE = `
  UPDATE audit_heads SET acknowledged_at = ?
  WHERE runner_id = ? AND problem IS NOT NULL AND acknowledged_at IS NULL`;
/** The very last one stays: the next one is compared with it. */
const PRUNE = `
  DELETE FROM audit_heads WHERE runner_id = ?1 AND received_at < ?2
    AND position < (SELECT MAX(position) FROM audit_heads WHERE runner_id = ?1)
    AND (received_at < ?3 OR problem IS NULL AND position NOT IN (
      SELECT MAX(position) FROM audit_heads
      WHERE runner_id = ?1 AND received_at < ?2 GROUP BY received_at / 86400000
    ))`;

export function auditHeadTable(statements: Statements): AuditHeadReads & AuditHeadWrites {
  return {
    latest: async (runnerId) => statements.get(LATEST, [runnerId], HEAD.read),
    list: async (runnerId) => statements.all(LIST, [runnerId], HEAD.read),
    summaries: async () => new Map(statements.all(SUMMARIES, [], toSummary)),
    save: async (head) => statements.save(SAVE, head),
    acknowledge: async (runnerId, at) => void statements.run(ACKNOWLEDGE, [at, runnerId]),
    prune: async (...parameters) => void statements.run(PRUNE, parameters),
  };
}

function toSummary(row: Row): [string, AuditSummary] {
  return [
    row['runner_id'] as string,
    {
      number: row['number'] as number,
      receivedAt: row['received_at'] as number,
      problem: row['problem'] as string | null,
    },
  ];
}

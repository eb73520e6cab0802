import type { CommittedRuns } from './committed-runs.ts';
import type { SavedRuns } from './saved-runs.ts';
import { type Column, Columns, document, flag, optionalDocument, plain } from './sqlite-columns.ts';
import { json, type Row, type Statements } from './sqlite-statements.ts';
import type { Attempt, SucceededAttempt, Run, RunReads, RunWrites } from './store.ts';

const STATUS: Column<Run['status']> = {
  write: { state: ({ state }) => state, status: (status) => JSON.stringify(status) },
  read: (row) => json(row['status']) as Run['status'],
};
const SLOT: Column<Run['slot']> = {
  write: { slot_at: (slot) => slot?.at ?? null, slot_retry: (slot) => slot?.retry ?? null },
  read: (row) =>
    row['slot_at'] === null
      ? null
      : { at: row['slot_at'] as number, retry: row['slot_retry'] as number },
};
const RUN = new Columns<Run>('runs', {
  id: plain('id'),
  kind: plain('kind'),
  service: plain('service'),
  pipeline: plain('pipeline'),
  workflow: plain('workflow'),
  pinnedTo: plain('pinned_to'),
  pool: plain('pool'),
  slot: SLOT,
  status: STATUS,
  attempt: plain('attempt'),
  epoch: plain('epoch'),
  lastEpoch: plain('last_epoch'),
  queuedAt: plain('queued_at'),
  startedAt: plain('started_at'),
  cancelReason: plain('cancel_reason'),
  rejectedBy: document('refused_by'),
  lastFailure: optionalDocument('last_failure'),
  deadlineMs: plain('deadline_ms'),
  fullRun: flag('whole'),
  recordsKept: flag('records_kept'),
});
/** What changes after a run was started. */
const CHANGING = [
  'status',
  'attempt',
  'epoch',
  'lastEpoch',
  'startedAt',
  'cancelReason',
  'rejectedBy',
  'lastFailure',
  'fullRun',
  'recordsKept',
] as const;
const SAVE_RUN = RUN.upsert(['id'], CHANGING);
const UPDATE_RUN = RUN.update(['id'], CHANGING);
const ATTEMPT = new Columns<Attempt>('attempts', {
  runId: plain('run_id'),
  epoch: plain('epoch'),
  attempt: plain('attempt'),
  generation: plain('generation'),
  runnerId: plain('runner_id'),
  channel: plain('channel'),
  storedSequence: plain('stored_sequence'),
  wireBytes: plain('wire_bytes'),
  entities: plain('entities'),
  outcome: optionalDocument('outcome'),
  integrity: plain('integrity'),
});
const SAVE_ATTEMPT = ATTEMPT.upsert(['runId', 'epoch']);
const LIST = `
  SELECT *
  FROM runs
  WHERE (?1 IS NULL OR service = ?1) AND (?2 IS NULL OR kind = ?2) AND (?3 IS NULL OR state = ?3)
    AND (?4 IS NULL OR position < (SELECT position FROM runs WHERE id = ?4))
  ORDER BY position DESC LIMIT ?5`;
const OLDEST_BEYOND = `
  SELECT *
  FROM runs AS old
  WHERE records_kept = 1 AND state NOT IN ('queued', 'offered', 'running')
    AND id NOT IN (SELECT run_id FROM relays WHERE state NOT IN ('done', 'failed'))
    AND EXISTS (SELECT 1 FROM runs AS newer WHERE newer.service = old.service
    AND newer.position > old.position LIMIT 1 OFFSET ?)
  ORDER BY position LIMIT 1`;
const ACTIVE =
  "SELECT * FROM runs WHERE state IN ('queued', 'offered', 'running') ORDER BY position";
const OF_SLOT =
  'SELECT * FROM runs WHERE pipeline = ? AND slot_at = ? ORDER BY slot_retry DESC LIMIT 1';
const GET_ATTEMPT = 'SELECT * FROM attempts WHERE run_id = ? AND epoch = ?';
const SUCCEEDED_SINCE = `
  SELECT attempts.run_id, attempts.epoch, runs.records_kept
  FROM runs
  JOIN attempts ON attempts.run_id = runs.id AND attempts.epoch = runs.epoch
  WHERE runs.service = ? AND attempts.generation > ? AND runs.state IN ('success',
    'partialSuccess')`;

export function runTables(statements: Statements, saved: SavedRuns): RunReads & RunWrites {
  const rows = rowReads(statements);
  const upToDate = <T>(read: () => T): T => {
    saved.write();
    return read();
  };
  return {
    get: async (id) => saved.get(id) ?? rows.get(id),
    list: async (filter) => upToDate(() => rows.list(filter)),
    ofSlot: async (pipeline, at) => upToDate(() => rows.ofSlot(pipeline, at)),
    oldestBeyond: async (keep) => upToDate(() => rows.oldestBeyond(keep)),
    succeededSince: async (service, generation) =>
      upToDate(() => rows.succeededSince(service, generation)),
    active: async () => saved.active(),
    attempt: rows.attempt,
    save: async (run) => saved.save(run, () => statements.save(SAVE_RUN, run)),
    saveAttempt: async (attempt) => statements.save(SAVE_ATTEMPT, attempt),
  };
}

/** Reads what is committed, for a connection that does not write. */
export function runReads(statements: Statements, committed: CommittedRuns): RunReads {
  return { ...rowReads(statements), active: async () => committed.all() };
}

/** Reads the rows as they are. */
function rowReads(statements: Statements): Omit<RunReads, 'active'> {
  return {
    get: async (id) => statements.get('SELECT * FROM runs WHERE id = ?', [id], RUN.read),
    list: async ({ limit, service, kind, state, before }) =>
      statements.all(
        LIST,
        [service ?? null, kind ?? null, state ?? null, before ?? null, limit],
        RUN.read,
      ),
    ofSlot: async (pipeline, at) => statements.get(OF_SLOT, [pipeline, at], RUN.read),
    oldestBeyond: async (keep) => statements.get(OLDEST_BEYOND, [keep - 1], RUN.read),
    attempt: async (runId, epoch) => statements.get(GET_ATTEMPT, [runId, epoch], ATTEMPT.read),
    succeededSince: async (service, generation) =>
      statements.all(SUCCEEDED_SINCE, [service, generation], toSucceeded),
  };
}

export function allActiveRuns(statements: Statements): Run[] {
  return statements.all(ACTIVE, [], RUN.read);
}

export function updateRun(statements: Statements, run: Run): void {
  statements.save(UPDATE_RUN, run);
}

function toSucceeded(row: Row): SucceededAttempt {
  return {
    runId: row['run_id'] as string,
    epoch: row['epoch'] as number,
    recordsKept: row['records_kept'] === 1,
  };
}

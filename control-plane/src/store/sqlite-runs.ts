import type { SQLInputValue } from 'node:sqlite';
import type { CommittedRuns } from './committed-runs.ts';
import type { SavedRuns } from './saved-runs.ts';
import { json, type Row, type Statements } from './sqlite-statements.ts';
import type { Attempt, SucceededAttempt, JobKind, Run, RunReads, RunWrites } from './store.ts';

const SAVE_RUN = `
  INSERT INTO runs (id, kind, service, pipeline, workflow, pinned_to, state, status, attempt,
    epoch, queued_at, started_at, cancel_reason, refused_by, deadline_ms, records_kept,
    last_epoch, last_failure, whole, pool, slot_at, slot_retry)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET state = excluded.state, status = excluded.status,
    attempt = excluded.attempt, epoch = excluded.epoch, started_at = excluded.started_at,
    cancel_reason = excluded.cancel_reason, refused_by = excluded.refused_by,
    records_kept = excluded.records_kept, last_epoch = excluded.last_epoch,
    last_failure = excluded.last_failure, whole = excluded.whole`;
const UPDATE_RUN = `
  UPDATE runs SET state = ?, status = ?, attempt = ?, epoch = ?, started_at = ?,
    cancel_reason = ?, refused_by = ?, records_kept = ?, last_epoch = ?, last_failure = ?,
    whole = ?
  WHERE id = ?`;
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
const SAVE_ATTEMPT = `
  INSERT INTO attempts (run_id, epoch, attempt, runner_id, channel, stored_sequence,
    wire_bytes, entities, outcome, integrity, generation)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (run_id, epoch) DO UPDATE SET attempt = excluded.attempt,
    runner_id = excluded.runner_id, channel = excluded.channel,
    stored_sequence = excluded.stored_sequence, wire_bytes = excluded.wire_bytes,
    entities = excluded.entities, outcome = excluded.outcome, integrity = excluded.integrity,
    generation = excluded.generation`;
const OF_SLOT =
  'SELECT * FROM runs WHERE pipeline = ? AND slot_at = ? ORDER BY slot_retry DESC LIMIT 1';
const ATTEMPT = 'SELECT * FROM attempts WHERE run_id = ? AND epoch = ?';
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
    save: async (run) => saved.save(run, () => statements.run(SAVE_RUN, fromRun(run))),
    saveAttempt: async (attempt) => void statements.run(SAVE_ATTEMPT, fromAttempt(attempt)),
  };
}

/** Reads what is committed, for a connection that does not write. */
export function runReads(statements: Statements, committed: CommittedRuns): RunReads {
  return { ...rowReads(statements), active: async () => committed.all() };
}

/** Reads the rows as they are. */
function rowReads(statements: Statements): Omit<RunReads, 'active'> {
  return {
    get: async (id) => statements.get('SELECT * FROM runs WHERE id = ?', [id], toRun),
    list: async ({ limit, service, kind, state, before }) =>
      statements.all(
        LIST,
        [service ?? null, kind ?? null, state ?? null, before ?? null, limit],
        toRun,
      ),
    ofSlot: async (pipeline, at) => statements.get(OF_SLOT, [pipeline, at], toRun),
    oldestBeyond: async (keep) => statements.get(OLDEST_BEYOND, [keep - 1], toRun),
    attempt: async (runId, epoch) => statements.get(ATTEMPT, [runId, epoch], toAttempt),
    succeededSince: async (service, generation) =>
      statements.all(SUCCEEDED_SINCE, [service, generation], toSucceeded),
  };
}

export function allActiveRuns(statements: Statements): Run[] {
  return statements.all(ACTIVE, [], toRun);
}

export function updateRun(statements: Statements, run: Run): void {
  statements.run(UPDATE_RUN, [
    run.status.state,
    JSON.stringify(run.status),
    run.attempt,
    run.epoch,
    run.startedAt,
    run.cancelReason,
    JSON.stringify(run.rejectedBy),
    run.recordsKept ? 1 : 0,
    run.lastEpoch,
    run.lastFailure === null ? null : JSON.stringify(run.lastFailure),
    run.fullRun ? 1 : 0,
    run.id,
  ]);
}

/** In the order of SAVE_RUN. */
function fromRun(run: Run): SQLInputValue[] {
  return [
    run.id,
    run.kind,
    run.service,
    run.pipeline,
    run.workflow,
    run.pinnedTo,
    run.status.state,
    JSON.stringify(run.status),
    run.attempt,
    run.epoch,
    run.queuedAt,
    run.startedAt,
    run.cancelReason,
    JSON.stringify(run.rejectedBy),
    run.deadlineMs,
    run.recordsKept ? 1 : 0,
    run.lastEpoch,
    run.lastFailure === null ? null : JSON.stringify(run.lastFailure),
    run.fullRun ? 1 : 0,
    run.pool,
    run.slot?.at ?? null,
    run.slot?.retry ?? null,
  ];
}

/** In the order of SAVE_ATTEMPT. */
function fromAttempt(attempt: Attempt): SQLInputValue[] {
  return [
    attempt.runId,
    attempt.epoch,
    attempt.attempt,
    attempt.runnerId,
    attempt.channel,
    attempt.storedSequence,
    attempt.wireBytes,
    attempt.entities,
    attempt.outcome === null ? null : JSON.stringify(attempt.outcome),
    attempt.integrity,
    attempt.generation,
  ];
}

function toRun(row: Row): Run {
  return {
    id: row['id'] as string,
    kind: row['kind'] as JobKind,
    service: row['service'] as string,
    pipeline: row['pipeline'] as string | null,
    workflow: row['workflow'] as string,
    pinnedTo: row['pinned_to'] as string | null,
    status: json(row['status']) as Run['status'],
    attempt: row['attempt'] as number,
    epoch: row['epoch'] as number,
    queuedAt: row['queued_at'] as number,
    startedAt: row['started_at'] as number | null,
    cancelReason: row['cancel_reason'] as string | null,
    rejectedBy: json(row['refused_by']) as string[],
    lastEpoch: row['last_epoch'] as number,
    lastFailure:
      row['last_failure'] === null ? null : (json(row['last_failure']) as Run['lastFailure']),
    deadlineMs: row['deadline_ms'] as number,
    fullRun: row['whole'] === 1,
    pool: row['pool'] as string | null,
    slot:
      row['slot_at'] === null
        ? null
        : { at: row['slot_at'] as number, retry: row['slot_retry'] as number },
    recordsKept: row['records_kept'] === 1,
  };
}

function toAttempt(row: Row): Attempt {
  return {
    runId: row['run_id'] as string,
    epoch: row['epoch'] as number,
    attempt: row['attempt'] as number,
    runnerId: row['runner_id'] as string,
    channel: row['channel'] as string,
    storedSequence: row['stored_sequence'] as number,
    wireBytes: row['wire_bytes'] as number,
    entities: row['entities'] as number,
    outcome: row['outcome'] === null ? null : (json(row['outcome']) as Attempt['outcome']),
    integrity: row['integrity'] as string | null,
    generation: row['generation'] as number,
  };
}

function toSucceeded(row: Row): SucceededAttempt {
  return {
    runId: row['run_id'] as string,
    epoch: row['epoch'] as number,
    recordsKept: row['records_kept'] === 1,
  };
}

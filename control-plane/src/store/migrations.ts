/**
 * Each is applied once, in order, in a transaction. A released migration is never changed: add
 * another.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE tokens (
    hash BLOB PRIMARY KEY, name TEXT, expires_at INTEGER NOT NULL, used_by TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE runners (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, public_key BLOB NOT NULL, version TEXT NOT NULL, platform TEXT NOT NULL,
    enrolled_at INTEGER NOT NULL, last_seen_at INTEGER, revoked_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE services (
    name TEXT PRIMARY KEY, type TEXT NOT NULL, connection TEXT NOT NULL, runner TEXT, updated_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE pipelines (
    name TEXT PRIMARY KEY, service TEXT NOT NULL REFERENCES services (name), source_config TEXT NOT NULL,
    logger_level TEXT NOT NULL, updated_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE runs (
    position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, service TEXT NOT NULL, pipeline TEXT,
    workflow TEXT NOT NULL, pinned_to TEXT, state TEXT NOT NULL, status TEXT NOT NULL, attempt INTEGER NOT NULL,
    epoch INTEGER NOT NULL, queued_at INTEGER NOT NULL, started_at INTEGER, cancel_reason TEXT, refused_by TEXT NOT NULL
  ) STRICT;
  CREATE INDEX runs_active ON runs (position) WHERE state IN ('queued', 'offered', 'running');
  CREATE INDEX runs_service ON runs (service, position);
  CREATE TABLE attempts (
    run_id TEXT NOT NULL REFERENCES runs (id), epoch INTEGER NOT NULL, attempt INTEGER NOT NULL, runner_id TEXT NOT NULL,
    channel TEXT NOT NULL, stored_sequence INTEGER NOT NULL, wire_bytes INTEGER NOT NULL, entities INTEGER NOT NULL,
    outcome TEXT, integrity TEXT, PRIMARY KEY (run_id, epoch)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE records (
    position INTEGER PRIMARY KEY, run_id TEXT NOT NULL, epoch INTEGER NOT NULL, sequence INTEGER NOT NULL,
    kind TEXT NOT NULL, line TEXT NOT NULL, UNIQUE (run_id, epoch, sequence)
  ) STRICT;
  CREATE INDEX records_kind ON records (run_id, kind, position);
  CREATE TABLE entities (
    service TEXT NOT NULL, type TEXT NOT NULL, fqn TEXT NOT NULL, name TEXT NOT NULL, display_name TEXT, description TEXT,
    table_type TEXT, columns INTEGER NOT NULL, request TEXT NOT NULL, run_id TEXT NOT NULL, attempt INTEGER NOT NULL,
    epoch INTEGER NOT NULL, updated_at INTEGER NOT NULL, PRIMARY KEY (service, type, fqn)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX entities_fqn ON entities (type, fqn);
  CREATE TABLE attempt_entities (
    run_id TEXT NOT NULL, epoch INTEGER NOT NULL, type TEXT NOT NULL, fqn TEXT NOT NULL,
    PRIMARY KEY (run_id, epoch, type, fqn)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  ALTER TABLE entities ADD COLUMN properties TEXT NOT NULL DEFAULT '{}';
  ALTER TABLE entities ADD COLUMN seen_by TEXT NOT NULL DEFAULT '';
  ALTER TABLE entities ADD COLUMN seen_at INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE entities ADD COLUMN deleted_at INTEGER;
  UPDATE entities SET seen_by = run_id, seen_at = updated_at;
  CREATE TABLE lineage (
    service TEXT NOT NULL, source TEXT NOT NULL, target TEXT NOT NULL, details TEXT NOT NULL, run_id TEXT NOT NULL,
    updated_at INTEGER NOT NULL, PRIMARY KEY (service, source, target)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX lineage_source ON lineage (source, target);
  CREATE INDEX lineage_target ON lineage (target, source);
  ALTER TABLE runs ADD COLUMN deadline_ms INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE runs ADD COLUMN records_kept INTEGER NOT NULL DEFAULT 1;
  CREATE INDEX runs_with_records ON runs (position) WHERE records_kept = 1;
  ALTER TABLE pipelines ADD COLUMN deadline_ms INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE runners ADD COLUMN drain_reason TEXT;
  CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
  `
  ALTER TABLE attempts ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE entities ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE lineage ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
  CREATE TABLE catalog_states (
    service TEXT PRIMARY KEY, revision TEXT NOT NULL, drawn INTEGER NOT NULL, newest INTEGER NOT NULL, vouched INTEGER NOT NULL,
    writer INTEGER, written_from TEXT
  ) STRICT, WITHOUT ROWID;
  `,
  `
  ALTER TABLE services ADD COLUMN display_name TEXT;
  ALTER TABLE pipelines ADD COLUMN display_name TEXT;
  `,
  `
  ALTER TABLE runs ADD COLUMN last_epoch INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE runs ADD COLUMN last_failure TEXT;
  UPDATE runs SET last_epoch = epoch;
  UPDATE runs SET status = json_set(status, '$.retryAt', NULL, '$.left', NULL, '$.absence', NULL) WHERE state = 'queued';
  UPDATE runs SET status = json_set(status, '$.bootId', '', '$.left', NULL) WHERE state = 'offered';
  UPDATE runs SET status = json_set(status, '$.bootId', '') WHERE state = 'running';
  `,
  'ALTER TABLE catalog_states ADD COLUMN keeper TEXT',
  'ALTER TABLE runs ADD COLUMN whole INTEGER NOT NULL DEFAULT 0',
  `
  ALTER TABLE services ADD COLUMN origin TEXT;
  ALTER TABLE pipelines ADD COLUMN origin TEXT;
  CREATE TABLE openmetadata_endpoints (
    name TEXT PRIMARY KEY, settings TEXT NOT NULL, user TEXT NOT NULL UNIQUE, password_hash TEXT NOT NULL,
    upstream TEXT, upstream_password BLOB, updated_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE openmetadata_deployments (
    endpoint TEXT NOT NULL REFERENCES openmetadata_endpoints (name), id TEXT NOT NULL, name TEXT NOT NULL, fqn TEXT NOT NULL,
    service TEXT NOT NULL, pipeline TEXT NOT NULL UNIQUE, pool TEXT NOT NULL, payload TEXT NOT NULL, connection TEXT NOT NULL,
    enabled INTEGER NOT NULL, deployed_at INTEGER NOT NULL, settled_at INTEGER, sealed_token BLOB NOT NULL,
    PRIMARY KEY (endpoint, id), UNIQUE (endpoint, name)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE schedules (
    pipeline TEXT PRIMARY KEY, expression TEXT, timezone TEXT NOT NULL, start_at INTEGER, end_at INTEGER, paused INTEGER NOT NULL,
    retries INTEGER NOT NULL, retry_delay_ms INTEGER NOT NULL, settled_until INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  ALTER TABLE services ADD COLUMN pool TEXT;
  ALTER TABLE tokens ADD COLUMN pool TEXT NOT NULL DEFAULT 'default';
  ALTER TABLE runners ADD COLUMN pool TEXT NOT NULL DEFAULT 'default';
  ALTER TABLE runs ADD COLUMN pool TEXT;
  ALTER TABLE runs ADD COLUMN slot_at INTEGER;
  ALTER TABLE runs ADD COLUMN slot_retry INTEGER;
  CREATE UNIQUE INDEX runs_slot ON runs (pipeline, slot_at, slot_retry) WHERE slot_at IS NOT NULL;
  `,
  `
  CREATE TABLE relays (
    position INTEGER PRIMARY KEY, run_id TEXT NOT NULL UNIQUE, endpoint TEXT NOT NULL, deployment TEXT NOT NULL,
    state TEXT NOT NULL, document TEXT NOT NULL
  ) STRICT;
  CREATE INDEX relays_open ON relays (position) WHERE state NOT IN ('done', 'failed');
  CREATE INDEX relays_deployment ON relays (endpoint, deployment, position);
  CREATE TABLE catalog_marks (
    endpoint TEXT NOT NULL, service TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (endpoint, service)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE relay_log (
    position INTEGER PRIMARY KEY, run_id TEXT NOT NULL, time INTEGER NOT NULL, level TEXT NOT NULL, message TEXT NOT NULL, data TEXT
  ) STRICT;
  CREATE INDEX relay_log_run ON relay_log (run_id, position);
  `,
  'ALTER TABLE schedules ADD COLUMN since INTEGER NOT NULL DEFAULT 0',
  `
  ALTER TABLE catalog_states RENAME COLUMN drawn TO last_generation;
  ALTER TABLE catalog_states RENAME COLUMN newest TO newest_generation;
  ALTER TABLE catalog_states RENAME COLUMN vouched TO completed_generation;
  ALTER TABLE catalog_states RENAME COLUMN writer TO writer_generation;
  ALTER TABLE catalog_states RENAME COLUMN written_from TO writer_from;
  `,
  `
  CREATE TABLE connection_tests (
    run_id TEXT PRIMARY KEY, endpoint TEXT NOT NULL, workflow TEXT NOT NULL, pool TEXT NOT NULL, sealed_token BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE signatures (
    subject TEXT NOT NULL, name TEXT NOT NULL, jws TEXT NOT NULL, stored_at INTEGER NOT NULL, PRIMARY KEY (subject, name)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE audit_heads (
    position INTEGER PRIMARY KEY, runner_id TEXT NOT NULL, number INTEGER NOT NULL, hash TEXT NOT NULL, signature BLOB NOT NULL,
    public_key BLOB NOT NULL, received_at INTEGER NOT NULL, problem TEXT, acknowledged_at INTEGER
  ) STRICT;
  CREATE INDEX audit_heads_runner ON audit_heads (runner_id, position);
  `,
  `
  ALTER TABLE runners ADD COLUMN next_public_key BLOB;
  ALTER TABLE runners ADD COLUMN key_since INTEGER NOT NULL DEFAULT 0;
  UPDATE runners SET key_since = enrolled_at;
  `,
];

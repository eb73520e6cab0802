import type { Counters, Durations, Levels } from '../../../foundation/src/logging/metrics.ts';

/** A metric as Prometheus names it. */
export interface Definition {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
}

function define(name: string, help: string, ...labels: readonly string[]): Definition {
  return { name, help, labels };
}

export const COUNTERS: { readonly [Name in keyof Counters]: Definition } = {
  reconnects: define(
    'hybrid_runner_reconnects_total',
    'Connections to the control plane after the first.',
  ),
  connectionFailures: define(
    'hybrid_runner_connection_failures_total',
    'Connections to the control plane that broke or could not be opened, by error code.',
    'code',
  ),
  offers: define(
    'hybrid_runner_offers_total',
    'Offered attempts: accepted, or the code of the rejection.',
    'answer',
  ),
  attempts: define(
    'hybrid_runner_attempts_total',
    'Attempts whose worker has ended, by kind of job and outcome.',
    'kind',
    'outcome',
  ),
  apiCalls: define(
    'hybrid_runner_source_api_calls_total',
    'Calls that count towards the limits of the source.',
    'connector',
  ),
  recordsDelivered: define(
    'hybrid_runner_delivered_records_total',
    'Records that the control plane has acknowledged.',
  ),
  bytesDelivered: define(
    'hybrid_runner_delivered_bytes_total',
    'Bytes of acknowledged batches, compressed as they were sent.',
  ),
  auditSyslogGaps: define(
    'hybrid_runner_audit_syslog_gaps_total',
    'Times that the audit trail did not continue what the syslog server has.',
  ),
  secretResolutions: define(
    'hybrid_runner_secret_resolutions_total',
    'Reads of secrets: found or failed by provider; unknown and denied with provider none.',
    'provider',
    'result',
  ),
  secretReadAlarms: define(
    'hybrid_runner_secret_read_alarms_total',
    'Reads of secrets that reached a limit of the policy, or most of it.',
    'limit',
  ),
};

export const DURATIONS: {
  readonly [Name in keyof Durations]: Definition & { readonly buckets: number[] };
} = {
  attemptDuration: {
    ...define(
      'hybrid_runner_attempt_duration_seconds',
      'Time from the start of a worker to its end.',
      'kind',
    ),
    buckets: [1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600],
  },
};

export const LEVELS: { readonly [Name in keyof Levels]: Definition } = {
  apiCallsLimit: define(
    'hybrid_runner_source_api_calls_limit',
    'Calls that the source permits in 24 hours, of the source that answered last.',
    'connector',
  ),
  apiCallsRemaining: define(
    'hybrid_runner_source_api_calls_remaining',
    'Calls that are left of that limit.',
    'connector',
  ),
};

/** What is read from the state of the program at each scrape. */
export const GAUGES = {
  build: define('hybrid_runner_build_info', 'Version of the program.', 'version', 'node'),
  connected: define('hybrid_runner_connected', '1 while connected to the control plane.'),
  health: define('hybrid_runner_health', '1 for the current state, 0 for the others.', 'state'),
  connectionSince: define(
    'hybrid_runner_connection_state_since_timestamp_seconds',
    'Since when it has been connected, or not connected.',
  ),
  capacity: define('hybrid_runner_capacity', 'Number of attempts that may run at a time.'),
  running: define('hybrid_runner_attempts_running', 'Attempts with a worker.'),
  held: define(
    'hybrid_runner_attempts_held',
    'Attempts that are not completely delivered, running ones included.',
  ),
  condition: define(
    'hybrid_runner_condition',
    '1 while the runner takes no work for this reason.',
    'code',
  ),
  spoolBytes: define('hybrid_runner_spool_bytes', 'Records on disk that are not acknowledged.'),
  spoolLimit: define('hybrid_runner_spool_limit_bytes', 'The setting spool.maxBytes.'),
  oldestRecord: define(
    'hybrid_runner_oldest_undelivered_record_age_seconds',
    'Age of the oldest record that is not acknowledged; 0 without one.',
  ),
  diskFree: define(
    'hybrid_runner_state_disk_free_bytes',
    'Free space of the file system with the state directory.',
  ),
  diskSize: define('hybrid_runner_state_disk_size_bytes', 'Size of that file system.'),
  auditTrail: define('hybrid_runner_audit_trail_bytes', 'Size of the audit trail.'),
  auditSyslogLines: define(
    'hybrid_runner_audit_syslog_waiting_lines',
    'Lines of the audit trail that the syslog server does not have.',
  ),
  auditSyslogAge: define(
    'hybrid_runner_audit_syslog_oldest_waiting_line_age_seconds',
    'Age of the oldest of these lines; 0 without one.',
  ),
  workerMemory: define(
    'hybrid_runner_workers_resident_memory_bytes',
    'Resident memory of all workers together.',
  ),
  memory: define('process_resident_memory_bytes', 'Resident memory of the link.'),
  startTime: define('process_start_time_seconds', 'Start of the link.'),
  cpu: define('process_cpu_seconds_total', 'User and system time of the link.'),
} as const satisfies Readonly<Record<string, Definition>>;

export type GaugeName = keyof typeof GAUGES;

export interface Sample {
  readonly name: GaugeName;
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Reads the current values. Never rejects. */
export type ReadGauges = () => Promise<readonly Sample[]>;

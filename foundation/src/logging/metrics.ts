import type { JobKind } from '../domain/job.ts';
import type { OutcomeStatus } from '../domain/record.ts';

type NoLabels = Readonly<Record<string, never>>;

/**
 * The counters of the program and their labels. A label has few values, all of them words of this
 * program: never a name or an address that a job, a control plane or a source chooses.
 */
export interface Counters {
  readonly reconnects: NoLabels;
  /** By the code of the error. */
  readonly connectionFailures: { readonly code: string };
  /** `accepted`, or the code of the rejection. */
  readonly offers: { readonly answer: string };
  /** `dropped`: the control plane no longer wanted its records. */
  readonly attempts: { readonly kind: JobKind; readonly outcome: OutcomeStatus | 'dropped' };
  readonly apiCalls: { readonly connector: string };
  readonly recordsDelivered: NoLabels;
  readonly bytesDelivered: NoLabels;
  readonly auditSyslogGaps: NoLabels;
  readonly secretResolutions: { readonly provider: string; readonly result: string };
  /** By how a rule's limit of reads stands. */
  readonly secretReadAlarms: { readonly limit: 'near' | 'reached' };
}

export interface Durations {
  readonly attemptDuration: { readonly kind: JobKind };
}

/** Values that are reported from time to time, and stay until the next report. */
export interface Levels {
  readonly apiCallsLimit: { readonly connector: string };
  readonly apiCallsRemaining: { readonly connector: string };
}

/** Takes what cannot be read from a state later. Never throws. */
export interface Metrics {
  count<Name extends keyof Counters>(name: Name, labels: Counters[Name], by?: number): void;
  observe<Name extends keyof Durations>(name: Name, labels: Durations[Name], seconds: number): void;
  set<Name extends keyof Levels>(name: Name, labels: Levels[Name], value: number): void;
}

/** Takes nothing. */
export const noMetrics: Metrics = {
  count: () => undefined,
  observe: () => undefined,
  set: () => undefined,
};

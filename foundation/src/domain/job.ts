import type { AttemptRef } from './ids.ts';

/** What a runner needs to know about a kind of job. */
export interface JobTraits {
  /**
   * `entities` for a catalog: such a job writes to the sink of its workflow, keeps incremental
   * state, and succeeds or fails by the share of entities that failed. `steps`: such a job only
   * reports what it tried and how that ended.
   */
  readonly yields: 'entities' | 'steps';
}

/**
 * The closed list of jobs that a control plane may request; any other kind is rejected before a
 * secret is read. A new kind is one entry here, and the compiler then requires its work from every
 * connector (`Connector.jobs`).
 */
export const JOB_TRAITS = {
  metadata: { yields: 'entities' },
  test_connection: { yields: 'steps' },
} as const satisfies Readonly<Record<string, JobTraits>>;

export type JobKind = keyof typeof JOB_TRAITS;
/** The kinds that yield steps. */
export type StepKind = {
  [Kind in JobKind]: (typeof JOB_TRAITS)[Kind]['yields'] extends 'steps' ? Kind : never;
}[JobKind];
export const JOB_KINDS: readonly JobKind[] = Object.keys(JOB_TRAITS) as JobKind[];

/** A job as received: `workflow` is untrusted JSON text until the worker has validated it. */
export interface Job {
  readonly ref: AttemptRef;
  readonly kind: JobKind;
  /** OpenMetadata's workflow document; secrets only as `secret:/...` references. */
  readonly workflow: string;
  /** Longest the attempt may run, in milliseconds. */
  readonly deadlineMs: number;
  /**
   * The control plane's revision of the service's catalog. Absent when unknown: then the run is a
   * full run.
   */
  readonly catalogRevision?: string | undefined;
  /** The customer's signature over kind and workflow: a compact JWS. Untrusted until verified. */
  readonly signature?: string | undefined;
  /** The trace that the run belongs to, as W3C trace context. */
  readonly traceparent?: string | undefined;
}

export function yieldsEntities(kind: JobKind): boolean {
  return JOB_TRAITS[kind].yields === 'entities';
}

export function isJobKind(text: string): text is JobKind {
  return Object.hasOwn(JOB_TRAITS, text);
}

/**
 * The kinds of job that a run may have. A new kind is one entry here; the compiler demands every
 * property.
 */
export interface JobKindSpec {
  /** Shown to users. */
  readonly title: string;
  /**
   * Writes to the catalog of its service, so only one such run of a service is active at a time.
   */
  readonly exclusive: boolean;
  /**
   * A retryable failure is retried after a pause. Somebody waits for a connection test, so it fails
   * at once.
   */
  readonly retried: boolean;
  /** Its result is a list of steps, shown as OpenMetadata's testConnectionResult. */
  readonly hasSteps: boolean;
}

export const JOB_KIND_SPECS = {
  metadata: { title: 'Metadata ingestion', exclusive: true, retried: true, hasSteps: false },
  test_connection: { title: 'Connection test', exclusive: false, retried: false, hasSteps: true },
} as const satisfies Readonly<Record<string, JobKindSpec>>;

export type JobKind = keyof typeof JOB_KIND_SPECS;

export const JOB_KINDS = Object.keys(JOB_KIND_SPECS) as JobKind[];

/** The kinds that yield steps. They need a service and no pipeline. */
export type StepKind = {
  [Kind in JobKind]: (typeof JOB_KIND_SPECS)[Kind]['hasSteps'] extends true ? Kind : never;
}[JobKind];

export const STEP_KINDS = JOB_KINDS.filter(
  (kind): kind is StepKind => JOB_KIND_SPECS[kind].hasSteps,
);

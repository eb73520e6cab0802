/** What a run may ask a runner for. JOB_TRAITS makes the compiler ask what a new kind is like. */
export const JOB_KINDS = ['metadata', 'test_connection'] as const;
export type JobKind = (typeof JOB_KINDS)[number];

export interface JobTraits {
  /** Writes to the catalog of its service, so only one such run of a service is at work at a time. */
  readonly exclusive: boolean;
  /** A failure that may pass is tried again later. A person waits for the result of a connection test, so that ends at once. */
  readonly retried: boolean;
  /** Its result is its steps, shown as OpenMetadata's testConnectionResult. */
  readonly hasSteps: boolean;
}

export const JOB_TRAITS: Readonly<Record<JobKind, JobTraits>> = {
  metadata: { exclusive: true, retried: true, hasSteps: false },
  test_connection: { exclusive: false, retried: false, hasSteps: true },
};

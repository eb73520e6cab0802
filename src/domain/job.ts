import type { AttemptRef } from './ids.ts';

/** The closed list of things a control plane may ask for. Anything else is refused before a secret is touched. */
export const JOB_KINDS = ['metadata', 'test_connection'] as const;
export type JobKind = (typeof JOB_KINDS)[number];

export interface JobTraits {
  /** Brings entities for a catalog, so it needs a place to write them to and is judged by how many it failed to bring. */
  readonly bringsEntities: boolean;
}

/** What differs by kind; the compiler asks for an entry for each new one. */
export const JOB_TRAITS: Readonly<Record<JobKind, JobTraits>> = {
  metadata: { bringsEntities: true },
  test_connection: { bringsEntities: false },
};

/** A job as it arrives: `workflow` is untrusted JSON text until the worker has validated it. */
export interface Job {
  readonly ref: AttemptRef;
  readonly kind: JobKind;
  /** OpenMetadata's workflow document; secrets only as `secret:/...` references. */
  readonly workflow: string;
  /** Longest the attempt may run, in milliseconds. */
  readonly deadlineMs: number;
  /** The state that the catalog of the service is in, as the control plane calls it; absent when unknown: then the run is whole. */
  readonly catalogRevision?: string | undefined;
}

export function isJobKind(text: string): text is JobKind {
  return (JOB_KINDS as readonly string[]).includes(text);
}

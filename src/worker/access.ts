import type { Connector, ConnectorContext } from '../connectors/connector.ts';
import type { AttemptRef } from '../../foundation/src/domain/ids.ts';
import type { JobKind } from '../../foundation/src/domain/job.ts';
import type { MetadataSink } from '../../openmetadata/src/sink/records.ts';
import type { SinkProgress } from '../../openmetadata/src/sink/write-summary.ts';
import type { Workflow } from '../../openmetadata/src/workflow.ts';
import type { StateFile } from './state-file.ts';

export interface AccessRequest {
  readonly kind: JobKind;
  /** For the audit trail. */
  readonly ref?: AttemptRef;
  /** The job's signature as received. */
  readonly signature?: string | undefined;
  /**
   * The job's document as received: parts that `workflow` leaves out may still contain a reference.
   */
  readonly document: unknown;
  readonly workflow: Workflow;
  readonly connector: Connector;
  /** Ends waiting for a policy file that is being changed. */
  readonly signal: AbortSignal;
}

export type SinkDeps = Pick<ConnectorContext, 'logger' | 'clock' | 'random'> & {
  readonly onProgress: (progress: SinkProgress) => void;
};

/** What the local policy lets a job use. */
export interface Access extends Pick<
  ConnectorContext,
  | 'secrets'
  | 'connect'
  | 'admitOrganization'
  | 'noteFailedSignIn'
  | 'protect'
  | 'limits'
  | 'stateDirectory'
> {
  /** State of the previous run; absent where every run must be a full run. */
  readonly stateStore?: StateFile;
  /** Says how many calls to the source were made, and whether there will be more. */
  readonly reportCalls?: (made: number, isOver: boolean) => Promise<void>;
  /** Opens the sink of the workflow; absent when records go to the stream only. */
  readonly openSink?: (deps: SinkDeps) => MetadataSink;
}

/**
 * Checks the policy and prepares secrets and connections. Throws POLICY_DENIED and the codes of
 * secrets.
 */
export type OpenAccess = (request: AccessRequest) => Promise<Access>;

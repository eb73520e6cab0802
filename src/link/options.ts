import type { Dialer } from '../channel/channel.ts';
import type { Job } from '../../foundation/src/domain/job.ts';
import type { AuditTrail } from '../../foundation/src/logging/audit-trail.ts';
import type { Logger } from '../../foundation/src/logging/logger.ts';
import type { Metrics } from '../../foundation/src/logging/metrics.ts';
import type { Tracer } from '../../foundation/src/logging/tracer.ts';
import type { Clock } from '../../foundation/src/runtime/clock.ts';
import type { RunnerError } from '../../foundation/src/runtime/errors.ts';
import type { Random } from '../../foundation/src/runtime/random.ts';
import type { Predecessor } from './connection/predecessor.ts';
import type { Identity } from './enrollment/identity.ts';
import type { IdentityKeys } from './enrollment/rotating-identity.ts';
import type { History } from './history/history.ts';
import type { OutboxStore } from './outbox/outbox.ts';
import type { EpochMemory } from './replay/epoch-memory.ts';
import type { AuditHeads } from './session/audit-heads.ts';
import type { LinkTiming } from './timing.ts';
import type { StartWorker } from './workers/worker-handle.ts';

export interface LinkOptions {
  readonly identity: Identity;
  /** Those of this identity; absent: its key stays. */
  readonly keys?: IdentityKeys;
  /** The kinds of channel that may be used, preferred first. */
  readonly dialers: readonly Dialer[];
  readonly store: OutboxStore;
  /** Recognizes offers of attempts that have begun here before. */
  readonly epochs: EpochMemory;
  readonly startWorker: StartWorker;
  /** Largest number of attempts that run at a time. */
  readonly capacity: number;
  /** Asks the local policy about an offer. Resolves with the reason of a denial. */
  readonly checkOffer: (job: Job) => Promise<RunnerError | undefined>;
  /** Longest that an attempt may run, in milliseconds. */
  readonly jobDeadlineMs: number;
  /** How long attempts may continue during a drain, in milliseconds. */
  readonly drainTimeoutMs: number;
  /** Of this program. */
  readonly version: string;
  /** For display: "linux x64, Node 24.21.0". */
  readonly platform: string;
  readonly predecessor: Predecessor;
  /** Has every answer to an offer; absent in tests. */
  readonly trail?: AuditTrail;
  /** Ends of that trail, for the control plane; absent in tests. */
  readonly heads?: AuditHeads;
  /** Absent: nothing is remembered. */
  readonly history?: History;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  readonly tracer?: Tracer;
  readonly clock: Clock;
  readonly random: Random;
  readonly timing?: Partial<LinkTiming>;
}

/** The frames of proto/hybrid/runner/v1/runner.proto that this side reads or writes. 64-bit numbers stay below 2^53. */
export interface AttemptRef {
  readonly runId: string;
  readonly attempt: number;
  readonly epoch: number;
}

export interface HelloStatement {
  readonly runnerId: string;
  readonly protocol: number;
  readonly runnerVersion: string;
  readonly bootId: string;
  readonly features: readonly string[];
  readonly capacity: number;
  readonly held: readonly HeldAttempt[];
  readonly draining: boolean;
  readonly authority: string;
  readonly platform: string;
  readonly jobKinds: readonly string[];
}

export interface HeldAttempt {
  readonly ref: AttemptRef | null;
  /** The last record on the runner's disk. */
  readonly durableSequence: number;
  /** The last one that the runner knows to be stored here. */
  readonly acknowledgedSequence: number;
  readonly running: boolean;
  readonly complete: boolean;
}

export interface Heartbeat {
  readonly number: number;
  readonly leases: readonly AttemptRef[];
  readonly running: number;
  readonly capacity: number;
  readonly draining: boolean;
  readonly spoolBytes: number;
  readonly condition: string;
  /** The number of the last identity check that was read; 0 for none. */
  readonly identityCheck: number;
}

export interface Batch {
  readonly ref: AttemptRef | null;
  readonly firstSequence: number;
  readonly count: number;
  readonly codec: string;
  readonly crc32: number;
  readonly rawBytes: number;
  readonly payload: Buffer;
  readonly last: boolean;
}

export interface ProgressFrame {
  readonly ref: AttemptRef | null;
  readonly phase: string;
  readonly done: number;
  readonly total: number;
  readonly apiCalls: number;
}

export type FromRunner =
  | {
      readonly kind: 'hello';
      readonly body: { readonly statement: Buffer; readonly signature: Buffer };
    }
  | { readonly kind: 'heartbeat'; readonly body: Heartbeat }
  | { readonly kind: 'progress'; readonly body: ProgressFrame }
  | { readonly kind: 'accept'; readonly body: { readonly ref: AttemptRef | null } }
  | {
      readonly kind: 'reject';
      readonly body: {
        readonly ref: AttemptRef | null;
        readonly code: string;
        readonly message: string;
        readonly permanent: boolean;
      };
    }
  | { readonly kind: 'batch'; readonly body: Batch };

export interface Position {
  readonly ref: AttemptRef;
  readonly verdict: 'VERDICT_KEEP' | 'VERDICT_DISCARD';
  readonly storedSequence: number;
}

export interface Refusal {
  readonly code:
    | 'RUNNER_REVOKED'
    | 'RUNNER_UNKNOWN'
    | 'SIGNATURE_INVALID'
    | 'PROTOCOL_UNSUPPORTED'
    | 'IDENTITY_IN_USE'
    | 'BUSY';
  readonly message: string;
  readonly permanent: boolean;
  readonly retryAfterMs: number;
}

export interface Nack {
  readonly ref: AttemptRef;
  readonly code:
    | 'NACK_CODE_STALE_EPOCH'
    | 'NACK_CODE_UNKNOWN_RUN'
    | 'NACK_CODE_OUT_OF_ORDER'
    | 'NACK_CODE_CORRUPT';
  readonly expectedSequence: number;
  readonly message: string;
}

export interface Offer {
  readonly ref: AttemptRef;
  readonly kind: string;
  readonly workflow: Buffer;
  readonly leaseTtlMs: number;
  readonly deadlineMs: number;
  readonly issuedAtMs: number;
  readonly catalogRevision: string;
}

export type ToRunner =
  | {
      readonly kind: 'challenge';
      readonly body: {
        readonly nonce: Buffer;
        readonly protocolMin: number;
        readonly protocolMax: number;
        readonly features: readonly string[];
        readonly serverTimeMs: number;
      };
    }
  | {
      readonly kind: 'welcome';
      readonly body: {
        readonly positions: readonly Position[];
        readonly creditBytes: number;
        readonly heartbeatIntervalMs: number;
        readonly maxBatchBytes: number;
        readonly controlPlane: string;
        readonly features: readonly string[];
      };
    }
  | { readonly kind: 'refusal'; readonly body: Refusal }
  | {
      readonly kind: 'heartbeatReply';
      readonly body: {
        readonly number: number;
        readonly renewed: readonly { readonly ref: AttemptRef; readonly ttlMs: number }[];
        readonly lost: readonly AttemptRef[];
      };
    }
  | { readonly kind: 'offer'; readonly body: Offer }
  | {
      readonly kind: 'cancel';
      readonly body: { readonly ref: AttemptRef; readonly reason: string };
    }
  | {
      readonly kind: 'identityCheck';
      readonly body: {
        readonly number: number;
        readonly platform: string;
        readonly version: string;
      };
    }
  | { readonly kind: 'drain'; readonly body: { readonly reason: string } }
  | { readonly kind: 'ack'; readonly body: { readonly ref: AttemptRef; readonly upTo: number } }
  | { readonly kind: 'nack'; readonly body: Nack };

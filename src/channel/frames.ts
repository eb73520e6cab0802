/**
 * The frames of proto/hybrid/runner/v1/runner.proto as this program sees them. A test compares the two.
 * 64-bit numbers are plain numbers: every one of them (sequences, bytes, Unix times) stays below 2^53.
 */
export interface WireAttemptRef {
  readonly runId: string;
  readonly attempt: number;
  readonly epoch: number;
}

export interface Challenge {
  readonly nonce: Uint8Array;
  readonly protocolMin: number;
  readonly protocolMax: number;
  readonly features: readonly string[];
  readonly serverTimeMs: number;
}

export interface Hello {
  readonly statement: Uint8Array;
  readonly signature: Uint8Array;
}

export interface HeldAttempt {
  readonly ref: WireAttemptRef;
  readonly durableSequence: number;
  readonly acknowledgedSequence: number;
  readonly running: boolean;
  readonly complete: boolean;
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

export type Verdict = 'VERDICT_UNSPECIFIED' | 'VERDICT_KEEP' | 'VERDICT_DISCARD';

export interface Position {
  readonly ref: WireAttemptRef;
  readonly verdict: Verdict;
  readonly storedSequence: number;
}

export interface Welcome {
  readonly positions: readonly Position[];
  readonly creditBytes: number;
  readonly heartbeatIntervalMs: number;
  readonly maxBatchBytes: number;
  readonly controlPlane: string;
  readonly features: readonly string[];
}

export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly permanent: boolean;
  readonly retryAfterMs: number;
}

export interface Heartbeat {
  readonly number: number;
  readonly leases: readonly WireAttemptRef[];
  readonly running: number;
  readonly capacity: number;
  readonly draining: boolean;
  readonly spoolBytes: number;
  readonly condition: string;
  readonly identityCheck: number;
}

export interface IdentityCheck {
  readonly number: number;
  readonly platform: string;
  readonly version: string;
}

export interface LeaseGrant {
  readonly ref: WireAttemptRef;
  readonly ttlMs: number;
}

export interface HeartbeatReply {
  readonly number: number;
  readonly renewed: readonly LeaseGrant[];
  readonly lost: readonly WireAttemptRef[];
}

export interface ProgressFrame {
  readonly ref: WireAttemptRef;
  readonly phase: string;
  readonly done: number;
  readonly total: number;
  readonly apiCalls: number;
}

export interface Offer {
  readonly ref: WireAttemptRef;
  readonly kind: string;
  readonly workflow: Uint8Array;
  readonly leaseTtlMs: number;
  readonly deadlineMs: number;
  readonly issuedAtMs: number;
  readonly catalogRevision: string;
}

export interface Accept {
  readonly ref: WireAttemptRef;
}

export interface Reject {
  readonly ref: WireAttemptRef;
  readonly code: string;
  readonly message: string;
  readonly permanent: boolean;
}

export interface Cancel {
  readonly ref: WireAttemptRef;
  readonly reason: string;
}

export interface Drain {
  readonly reason: string;
}

export type Codec = 'CODEC_UNSPECIFIED' | 'CODEC_NONE' | 'CODEC_ZSTD';

export interface Batch {
  readonly ref: WireAttemptRef;
  readonly firstSequence: number;
  readonly count: number;
  readonly codec: Codec;
  readonly crc32: number;
  readonly rawBytes: number;
  readonly payload: Uint8Array;
  readonly last: boolean;
}

export interface Ack {
  readonly ref: WireAttemptRef;
  readonly upTo: number;
}

export type NackCode =
  | 'NACK_CODE_UNSPECIFIED'
  | 'NACK_CODE_STALE_EPOCH'
  | 'NACK_CODE_UNKNOWN_RUN'
  | 'NACK_CODE_OUT_OF_ORDER'
  | 'NACK_CODE_CORRUPT';

export interface Nack {
  readonly ref: WireAttemptRef;
  readonly code: NackCode;
  readonly expectedSequence: number;
  readonly message: string;
}

interface Bodies {
  readonly challenge: Challenge;
  readonly hello: Hello;
  readonly welcome: Welcome;
  readonly refusal: Refusal;
  readonly heartbeat: Heartbeat;
  readonly heartbeatReply: HeartbeatReply;
  readonly progress: ProgressFrame;
  readonly offer: Offer;
  readonly accept: Accept;
  readonly reject: Reject;
  readonly cancel: Cancel;
  readonly drain: Drain;
  readonly batch: Batch;
  readonly ack: Ack;
  readonly nack: Nack;
  readonly identityCheck: IdentityCheck;
}

export type FrameKind = keyof Bodies;

/** One frame: `kind` names the body. `unknown` is a frame from a newer peer; receivers skip it or refuse, as the proto says. */
export type Frame =
  | { [Kind in FrameKind]: { readonly kind: Kind; readonly body: Bodies[Kind] } }[FrameKind]
  | { readonly kind: 'unknown' };

export type FrameBody<Kind extends FrameKind> = Bodies[Kind];

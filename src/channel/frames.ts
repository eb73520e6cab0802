import type { AttemptRef } from './generated/hybrid/runner/v1/AttemptRef.ts';
import type { Frame as FrameMessage } from './generated/hybrid/runner/v1/Frame.ts';
import type { HelloStatement as HelloStatementMessage } from './generated/hybrid/runner/v1/HelloStatement.ts';

/**
 * The frames of proto/hybrid/runner/v1/runner.proto, from the generated types: read-only, and any
 * bytes may be sent. 64-bit numbers are plain numbers: each of them (sequences, bytes, Unix times)
 * stays below 2^53. A message that the sender left out is null.
 */
type Message<T> = T extends Uint8Array
  ? Uint8Array
  : T extends readonly (infer Item)[]
    ? readonly Message<Item>[]
    : T extends object
      ? { readonly [Field in keyof T]: Message<T[Field]> }
      : T;

export type FrameKind = NonNullable<FrameMessage['body']>;
export type FrameBody<Kind extends FrameKind> = Message<NonNullable<FrameMessage[Kind]>>;

/**
 * One frame; `kind` identifies the body. `unknown` is a frame of a newer peer, which receivers skip
 * or refuse as the proto defines.
 */
export type Frame =
  | { [Kind in FrameKind]: { readonly kind: Kind; readonly body: FrameBody<Kind> } }[FrameKind]
  | { readonly kind: 'unknown' };

export type WireAttemptRef = Message<AttemptRef>;
export type HelloStatement = Message<HelloStatementMessage>;
export type HeldAttempt = HelloStatement['held'][number];
export type Challenge = FrameBody<'challenge'>;
export type Welcome = FrameBody<'welcome'>;
export type Position = Welcome['positions'][number];
export type Refusal = FrameBody<'refusal'>;
export type Heartbeat = FrameBody<'heartbeat'>;
export type HeartbeatReply = FrameBody<'heartbeatReply'>;
export type IdentityCheck = FrameBody<'identityCheck'>;
export type Offer = FrameBody<'offer'>;
export type Reject = FrameBody<'reject'>;
export type Cancel = FrameBody<'cancel'>;
export type Batch = FrameBody<'batch'>;
export type Nack = FrameBody<'nack'>;

import type { AttemptRef as AttemptRefMessage } from './generated/hybrid/runner/v1/AttemptRef.ts';
import type { Frame } from './generated/hybrid/runner/v1/Frame.ts';
import type { HelloStatement as HelloStatementMessage } from './generated/hybrid/runner/v1/HelloStatement.ts';

/**
 * The frames of proto/hybrid/runner/v1/runner.proto, by direction and read-only, from the generated
 * types. 64-bit numbers are plain numbers: each of them (sequences, bytes, Unix times) stays below
 * 2^53. A message that the sender left out is null.
 */
type Message<T> = T extends Buffer
  ? Buffer
  : T extends readonly (infer Item)[]
    ? readonly Message<Item>[]
    : T extends object
      ? { readonly [Field in keyof T]: Message<T[Field]> }
      : T;

type Kind = NonNullable<Frame['body']>;
type Body<K extends Kind> = Message<NonNullable<Frame[K]>>;
type FrameOf<K extends Kind> = {
  [Each in K]: { readonly kind: Each; readonly body: Body<Each> };
}[K];

export type FromRunner = FrameOf<
  'hello' | 'heartbeat' | 'auditHead' | 'keyProposal' | 'progress' | 'accept' | 'reject' | 'batch'
>;
export type ToRunner = FrameOf<
  | 'challenge'
  | 'welcome'
  | 'refusal'
  | 'heartbeatReply'
  | 'offer'
  | 'cancel'
  | 'identityCheck'
  | 'drain'
  | 'keyAccepted'
  | 'ack'
  | 'nack'
>;

export type AttemptRef = Message<AttemptRefMessage>;
export type HelloStatement = Message<HelloStatementMessage>;
export type HeldAttempt = HelloStatement['held'][number];
export type Position = Body<'welcome'>['positions'][number];
export type Heartbeat = Body<'heartbeat'>;
export type AuditHead = Body<'auditHead'>;
export type KeyProposal = Body<'keyProposal'>;
export type Offer = Body<'offer'>;
export type Batch = Body<'batch'>;
export type Nack = Body<'nack'>;

export interface Refusal extends Body<'refusal'> {
  readonly code:
    | 'RUNNER_REVOKED'
    | 'RUNNER_UNKNOWN'
    | 'SIGNATURE_INVALID'
    | 'PROTOCOL_UNSUPPORTED'
    | 'IDENTITY_IN_USE'
    | 'BUSY';
}

import { createHash } from 'node:crypto';
import type { Channel } from '../../channel/channel.ts';
import { loadCodec } from '../../channel/codec.ts';
import type {
  Challenge,
  Frame,
  FrameBody,
  FrameKind,
  HeldAttempt,
  HelloStatement,
  Position,
  Welcome,
} from '../../channel/frames.ts';
import { JOB_KINDS } from '../../../foundation/src/domain/job.ts';
import { untilAborted } from '../../../foundation/src/runtime/abort.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { printable } from '../../../foundation/src/runtime/printable.ts';
import type { Identity } from '../enrollment/identity.ts';
import { toSequence } from './frame-fields.ts';
import { refusalError } from './refusal.ts';

/** Protocol versions of this runner. */
const PROTOCOL = { min: 1, max: 1 } as const;
const AUDIT_HEADS = 'audit-heads';
const KEY_ROTATION = 'key-rotation';
const FEATURES: readonly string[] = ['zstd', 'identity-check', AUDIT_HEADS, KEY_ROTATION];
const SIGNED_PREFIX = 'hybrid-runner/link/v1\n';
const NONCE_BYTES = 32;
const HEARTBEAT_MIN_MS = 50;
/**
 * Together with `silenceMs` and the first back-off, this replaces a half-open connection within 30
 * seconds.
 */
const HEARTBEAT_MAX_MS = 12_000;
const PAYLOAD_MAX_BYTES = 1024 * 1024;

/**
 * The part of the hello that describes the runner. The rest follows from identity, channel and
 * challenge.
 */
export interface SelfDescription {
  readonly version: string;
  readonly platform: string;
  readonly bootId: string;
  readonly predecessorEnded: boolean;
  readonly capacity: number;
  readonly draining: boolean;
  readonly held: readonly HeldAttempt[];
}

/** The terms of a session after the handshake, validated. */
export interface Agreement {
  readonly positions: readonly Position[];
  readonly creditBytes: number;
  readonly maxBatchBytes: number;
  readonly heartbeatIntervalMs: number;
  readonly controlPlane: string;
  readonly zstd: boolean;
  /** The last audit head that it has kept, 0 for none; undefined if it keeps none. */
  readonly auditHead: number | undefined;
  /** Whether the key of the identity can be replaced. */
  readonly keyRotation: boolean;
  /** Time of the control plane when it sent the challenge. */
  readonly serverTimeMs: number;
}

/**
 * Challenge, Hello, Welcome. Throws the error of a refusal (see `refusalError`),
 * PROTOCOL_UNSUPPORTED (retryable, since the control plane may be updated), PROTOCOL_VIOLATION,
 * NETWORK_*, or the signal's reason.
 */
export async function handshake(
  channel: Channel,
  frames: AsyncIterator<Frame>,
  authority: string,
  identity: Identity,
  self: SelfDescription,
  signal: AbortSignal,
): Promise<Agreement> {
  const codec = await loadCodec();
  const challenge = await expectFrame(frames, 'challenge', signal);
  const statement = codec.encodeStatement(makeStatement(challenge, identity, authority, self));
  const signature = identity.sign(signedBytes(authority, challenge.nonce, statement));
  await channel.send({ kind: 'hello', body: { statement, signature } }, signal);
  return agree(await expectFrame(frames, 'welcome', signal), challenge);
}

/** The bytes that the runner signs. docs/protocol.md has a test vector. */
export function signedBytes(authority: string, nonce: Uint8Array, statement: Uint8Array): Buffer {
  return Buffer.concat([
    Buffer.from(`${SIGNED_PREFIX}${authority}\n`, 'utf8'),
    nonce,
    createHash('sha256').update(statement).digest(),
  ]);
}

function makeStatement(
  challenge: Challenge,
  identity: Identity,
  authority: string,
  self: SelfDescription,
): HelloStatement {
  if (challenge.nonce.length !== NONCE_BYTES)
    throw new RunnerError(
      'PROTOCOL_VIOLATION',
      `the nonce of the challenge is not ${NONCE_BYTES} bytes long`,
    );
  const protocol = Math.min(PROTOCOL.max, challenge.protocolMax);
  if (protocol < PROTOCOL.min || protocol < challenge.protocolMin) {
    throw new RunnerError(
      'PROTOCOL_UNSUPPORTED',
      [
        `no common protocol version: the control plane supports ${challenge.protocolMin} to`,
        `${challenge.protocolMax}, this runner ${PROTOCOL.min} to ${PROTOCOL.max}`,
      ].join(' '),
      { retryable: true },
    );
  }
  return {
    runnerId: identity.runnerId,
    protocol,
    runnerVersion: self.version,
    bootId: self.bootId,
    features: FEATURES.filter((feature) => challenge.features.includes(feature)),
    capacity: self.capacity,
    held: self.held,
    draining: self.draining,
    authority,
    platform: self.platform,
    jobKinds: JOB_KINDS,
    predecessorEnded: self.predecessorEnded,
  };
}

function agree(welcome: Welcome, challenge: Challenge): Agreement {
  const { creditBytes, maxBatchBytes, heartbeatIntervalMs } = welcome;
  if (!(creditBytes > 0 && maxBatchBytes > 0 && heartbeatIntervalMs > 0))
    throw new RunnerError(
      'PROTOCOL_VIOLATION',
      'the welcome lacks a credit, a batch size or a heartbeat interval',
    );
  const isAgreed = (feature: string): boolean =>
    welcome.features.includes(feature) && challenge.features.includes(feature);
  return {
    positions: welcome.positions,
    creditBytes,
    maxBatchBytes: Math.min(maxBatchBytes, creditBytes, PAYLOAD_MAX_BYTES),
    heartbeatIntervalMs: Math.min(
      Math.max(heartbeatIntervalMs, HEARTBEAT_MIN_MS),
      HEARTBEAT_MAX_MS,
    ),
    controlPlane: printable(welcome.controlPlane, 100),
    zstd: isAgreed('zstd'),
    auditHead: isAgreed(AUDIT_HEADS) ? toSequence(welcome.auditHead) : undefined,
    keyRotation: isAgreed(KEY_ROTATION),
    serverTimeMs: challenge.serverTimeMs,
  };
}

/**
 * Reads the next frame. Throws when it is a refusal or of another kind, and at the end of the
 * channel.
 */
export async function expectFrame<Kind extends FrameKind>(
  frames: AsyncIterator<Frame>,
  kind: Kind,
  signal: AbortSignal,
): Promise<FrameBody<Kind>> {
  const next = await untilAborted(frames.next(), signal);
  if (next.done === true)
    throw new RunnerError(
      'NETWORK_RESET',
      `the control plane closed the channel before it sent a ${kind}`,
    );
  const frame = next.value;
  if (frame.kind === 'refusal') throw refusalError(frame.body);
  if (frame.kind !== kind)
    throw new RunnerError(
      'PROTOCOL_VIOLATION',
      `the control plane sent ${frame.kind} instead of ${kind}`,
    );
  return frame.body as FrameBody<Kind>;
}

/*
 * Asks a control plane whether it accepts an identity, beside a runner that may be connected with
 * it. What must never break: the trial gets no session, so it takes over no run and displaces no
 * process. Its hello names protocol version 0, which does not exist; a control plane checks the
 * version last (docs/protocol.md), so this refusal means that it accepts the rest.
 */
import type { Dialer } from '../../channel/channel.ts';
import { loadCodec } from '../../channel/codec.ts';
import { withDeadline } from '../../../foundation/src/runtime/abort.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import type { Random } from '../../../foundation/src/runtime/random.ts';
import type { Identity } from '../enrollment/identity.ts';
import { expectFrame, signedBytes } from './handshake.ts';

const NO_PROTOCOL = 0;

export interface TrialDeps {
  readonly clock: Clock;
  readonly random: Random;
  /** Of this program and its machine. */
  readonly version: string;
  readonly platform: string;
  readonly timeoutMs: number;
}

/**
 * Resolves if the control plane knows the identity, has not revoked it, and verified its signature.
 * Throws RUNNER_REVOKED, RUNNER_UNKNOWN, SIGNATURE_INVALID, other refusals, and what a handshake
 * throws.
 */
export async function tryIdentity(
  dialer: Dialer,
  identity: Identity,
  deps: TrialDeps,
  signal: AbortSignal,
): Promise<void> {
  const channel = await dialer.dial(signal);
  try {
    const frames = channel.frames()[Symbol.asyncIterator]();
    await withDeadline('the handshake', deps.timeoutMs, deps.clock, signal, async (bounded) => {
      const { nonce } = await expectFrame(frames, 'challenge', bounded);
      const body = await helloOf(dialer, identity, nonce, deps);
      await channel.send({ kind: 'hello', body }, bounded);
      await expectRefusal(frames, bounded);
    });
  } finally {
    await channel.close('trial');
  }
}

async function helloOf(
  { authority }: Dialer,
  identity: Identity,
  nonce: Uint8Array,
  { random, version, platform }: TrialDeps,
): Promise<{ readonly statement: Buffer; readonly signature: Uint8Array }> {
  const codec = await loadCodec();
  const statement = codec.encodeStatement({
    runnerId: identity.runnerId,
    protocol: NO_PROTOCOL,
    runnerVersion: version,
    bootId: random.uuid(),
    features: [],
    capacity: 0,
    held: [],
    draining: true,
    authority,
    platform,
    jobKinds: [],
    predecessorEnded: false,
  });
  return { statement, signature: identity.sign(signedBytes(authority, nonce, statement)) };
}

async function expectRefusal(
  frames: Parameters<typeof expectFrame>[0],
  signal: AbortSignal,
): Promise<void> {
  try {
    await expectFrame(frames, 'welcome', signal);
  } catch (thrown) {
    const error = RunnerError.from(thrown);
    if (error.code === 'PROTOCOL_UNSUPPORTED') return;
    throw error;
  }
  throw new RunnerError(
    'PROTOCOL_VIOLATION',
    'the control plane welcomed protocol version 0, which does not exist',
  );
}

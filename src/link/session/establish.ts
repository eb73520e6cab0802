import type { Channel } from '../../channel/channel.ts';
import type { Frame, HeldAttempt } from '../../channel/frames.ts';
import type { Attempt } from '../attempts/attempt.ts';
import { handshake, type Agreement } from '../connection/handshake.ts';
import { localErrorFields } from '../../../foundation/src/runtime/error-fields.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import type { Predecessor } from '../connection/predecessor.ts';
import type { Identity } from '../enrollment/identity.ts';
import { resolvePositions, type Resolution } from './positions.ts';
import { Session, type SessionDeps } from './session.ts';

export interface EstablishDeps extends SessionDeps {
  readonly identity: Identity;
  readonly version: string;
  readonly platform: string;
  readonly bootId: string;
  readonly predecessor: Predecessor;
  /** A larger difference between the wall clocks of both sides is logged. */
  readonly skewMs: number;
}

export interface Established {
  readonly agreement: Agreement;
  readonly session: Session;
  /** For `Session.run`. */
  readonly resolutions: readonly Resolution[];
}

/**
 * Performs the handshake and drops the attempts that the control plane does not want. Throws as
 * `handshake` does.
 */
export async function establishSession(
  channel: Channel,
  frames: AsyncIterator<Frame>,
  authority: string,
  deps: EstablishDeps,
  signal: AbortSignal,
): Promise<Established> {
  const { attempts, identity, clock, predecessor } = deps;
  const held = attempts.all().filter(({ state }) => state.name !== 'gone');
  const self = {
    ...deps,
    predecessorEnded: predecessor.hasEnded,
    draining: deps.draining(),
    held: held.map(toHeldAttempt),
  };
  const helloAt = clock.uptime();
  const agreement = await handshake(channel, frames, authority, identity, self, signal).catch(
    (thrown: unknown) => {
      throw withAnotherKey(RunnerError.from(thrown), deps);
    },
  );
  await deps.keys?.welcomed().catch((thrown: unknown) => {
    deps.logger.log('error', 'failed to store the identity key in use', localErrorFields(thrown));
  });
  await predecessor.succeed();
  warnOfSkew(agreement.serverTimeMs, deps);
  const resolutions = resolvePositions(held, agreement.positions);
  for (const resolution of resolutions)
    if (resolution.name === 'drop') attempts.drop(resolution.attempt, resolution.reason);
  const session = new Session({ ...deps, channel, frames, agreement, helloAt });
  return { agreement, session, resolutions };
}

/** A control plane that was restored from a backup may know only an earlier key. */
function withAnotherKey(error: RunnerError, { keys, logger }: EstablishDeps): RunnerError {
  if (error.code !== 'SIGNATURE_INVALID' || keys?.rejected() !== true) return error;
  logger.log('warn', 'the control plane does not accept this key; trying another one');
  return new RunnerError(error.code, error.message, { retryable: true });
}

function warnOfSkew(serverTimeMs: number, { clock, logger, skewMs: limitMs }: EstablishDeps): void {
  const skewMs = clock.now() - serverTimeMs;
  if (Math.abs(skewMs) > limitMs)
    logger.log('warn', 'clocks of runner and control plane differ', { skewMs });
}

function toHeldAttempt({ ref, outbox, working }: Attempt): HeldAttempt {
  const { sequence, complete } = outbox.durable();
  return {
    ref,
    durableSequence: sequence,
    acknowledgedSequence: outbox.acknowledged(),
    running: working,
    complete,
  };
}

import type { Channel } from '../../channel/channel.ts';
import type { Frame, Offer, Reject } from '../../channel/frames.ts';
import { attemptKey, type AttemptRef } from '../../../foundation/src/domain/ids.ts';
import type { Job } from '../../../foundation/src/domain/job.ts';
import { errorFields } from '../../../foundation/src/runtime/error-fields.ts';
import { type AuditTrail, noAuditTrail } from '../../../foundation/src/logging/audit-trail.ts';
import type { Logger } from '../../../foundation/src/logging/logger.ts';
import type { Metrics } from '../../../foundation/src/logging/metrics.ts';
import { aborted, throwIfAborted, withDeadline } from '../../../foundation/src/runtime/abort.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import type { ErrorCode } from '../../../foundation/src/runtime/error-codes.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { printable } from '../../../foundation/src/runtime/printable.ts';
import { Queue } from '../../../foundation/src/runtime/queue.ts';
import type { Attempt } from '../attempts/attempt.ts';
import type { Attempts } from '../attempts/attempts.ts';
import { leaseEnd, type Leases } from '../attempts/leases.ts';
import type { EpochMemory } from '../replay/epoch-memory.ts';
import type { RejectionRecords } from './rejection-records.ts';
import { toAttemptRef } from '../connection/frame-fields.ts';
import { toJob } from './offered-job.ts';

const WAITING_OFFERS = 64;
/** How long a full disk is reported after an offer was rejected for it. */
const CONDITION_MS = 60_000;
/** How long an offer waits for the slot of a worker that is being ended. */
const VACATE_MS = 5_000;

export interface OffersOptions {
  readonly attempts: Attempts;
  readonly epochs: EpochMemory;
  readonly leases: Leases;
  readonly trail?: AuditTrail | undefined;
  /** Has every rejection, and remembers it. */
  readonly rejections: RejectionRecords;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly capacity: number;
  /** Longest that an attempt may run, in milliseconds. */
  readonly jobDeadlineMs: number;
  readonly leaseMs: number;
  readonly draining: () => boolean;
  /** Asks the local policy before anything is started. Resolves with the reason of a denial. */
  readonly checkOffer: (job: Job) => Promise<RunnerError | undefined>;
}

interface WaitingOffer {
  readonly offer: Offer;
  /** An uptime before the offer was sent. */
  readonly sentAfter: number;
}

type Answer =
  | { readonly accepted: Attempt; readonly isNew: boolean }
  | { readonly rejected: RunnerError };

/**
 * Answers offers one by one. An attempt is journaled before it is accepted. The same offer again
 * gets the same answer: accepted while the attempt is held here, and a replay afterwards; rejected
 * if it was rejected, because the control plane may have started another run since.
 */
export class Offers {
  readonly #options: OffersOptions;
  readonly #waiting = new Queue<WaitingOffer>(WAITING_OFFERS);
  #trouble: { readonly code: ErrorCode; readonly until: number } | undefined;

  constructor(options: OffersOptions) {
    this.#options = options;
  }

  /** Code for the heartbeat while this runner cannot take work; empty otherwise. */
  condition(): string {
    const trouble = this.#trouble;
    return trouble !== undefined && trouble.until > this.#options.clock.monotonic()
      ? trouble.code
      : '';
  }

  /**
   * `sentAfter` is an uptime before the offer was sent. The offer may have waited long in an unread
   * connection, while its lease runs. False when too many offers wait already.
   */
  push(offer: Offer, sentAfter: number): boolean {
    return this.#waiting.offer({ offer, sentAfter });
  }

  /** Answers offers until the signal fires; calls `onBegun` for each new attempt. */
  async run(
    channel: Channel,
    onBegun: (attempt: Attempt) => void,
    signal: AbortSignal,
  ): Promise<void> {
    void aborted(signal).then(() => this.#waiting.end());
    for await (const waiting of this.#waiting) {
      if (signal.aborted) return;
      const ref = toAttemptRef(waiting.offer.ref);
      const answer = await this.#consider(ref, waiting, signal);
      if ('rejected' in answer) {
        this.#options.rejections.remember(ref, answer.rejected);
        await this.#noteRejection(ref, waiting.offer, answer.rejected);
      }
      const word = 'rejected' in answer ? answer.rejected.code : 'accepted';
      this.#options.metrics.count('offers', { answer: word });
      await channel.send(
        'accepted' in answer ? { kind: 'accept', body: { ref } } : rejection(ref, answer.rejected),
        signal,
      );
      if ('accepted' in answer && answer.isNew) onBegun(answer.accepted);
    }
  }

  async #noteRejection(ref: AttemptRef, offer: Offer, error: RunnerError): Promise<void> {
    const { rejections, logger } = this.#options;
    const facts = rejectionFacts(ref, offer, error);
    await rejections.record(facts);
    logger.log('warn', 'job rejected', { ...facts, ...errorFields(error) });
  }

  async #consider(ref: AttemptRef, waiting: WaitingOffer, signal: AbortSignal): Promise<Answer> {
    const rejected = this.#options.rejections.answerTo(ref);
    if (rejected !== undefined) return { rejected };
    const known = this.#options.attempts.get(ref);
    if (known !== undefined) return answerAgain(known);
    try {
      const job = toJob(ref, waiting.offer, this.#options.jobDeadlineMs);
      this.#supersedeOlder(ref);
      await this.#untilSlotFree(signal);
      return await this.#begin(job, waiting, signal);
    } catch (thrown) {
      throwIfAborted(signal);
      const error = RunnerError.from(thrown);
      this.#noteTrouble(error);
      return { rejected: error };
    }
  }

  async #begin(job: Job, { offer, sentAfter }: WaitingOffer, signal: AbortSignal): Promise<Answer> {
    const { attempts, epochs, trail = noAuditTrail, leases, leaseMs, clock } = this.#options;
    const ttlMs = offer.leaseTtlMs === 0 ? leaseMs : offer.leaseTtlMs;
    const endsAt = leaseEnd(ttlMs, sentAfter);
    if (this.#options.draining()) throw drainingError();
    const denied = await this.#options.checkOffer(job);
    if (denied !== undefined) return { rejected: denied };
    this.#assertCanBegin(endsAt);
    const { ref, kind } = job;
    const event = { event: 'job', decision: 'accept', attempt: attemptKey(ref), kind };
    await trail.record(event, signal);
    // The record may have waited for another writer.
    this.#assertCanBegin(endsAt);
    await epochs.reserve(ref);
    // So may the disk.
    this.#assertCanBegin(endsAt);
    const attempt = await attempts.begin(job);
    epochs.begun(job.ref);
    leases.grant(job.ref, ttlMs, sentAfter);
    if (endsAt > clock.uptime()) return { accepted: attempt, isNew: true };
    const late = leaseError();
    attempts.drop(attempt, late);
    return { rejected: late };
  }

  /** Throws DRAINING, LEASE_LOST and AT_CAPACITY. */
  #assertCanBegin(leaseEndsAt: number): void {
    const { attempts, clock, draining } = this.#options;
    if (draining()) throw drainingError();
    if (leaseEndsAt <= clock.uptime()) throw leaseError();
    attempts.assertCapacity();
  }

  /**
   * Two attempts of one run are never active at the same time: the higher epoch wins. Throws before
   * anything is stopped.
   */
  #supersedeOlder(ref: AttemptRef): void {
    const others = this.#options.attempts
      .ofRun(ref)
      .filter(({ working, alive }) => working || !alive);
    if (others.some((other) => other.ref.epoch >= ref.epoch))
      throw new RunnerError(
        'ATTEMPT_STALE',
        'this runner is already running a newer attempt of the run',
      );
    this.#options.epochs.assertNew(ref);
    for (const other of others)
      this.#options.attempts.drop(
        other,
        new RunnerError('LEASE_LOST', 'a newer attempt of the run was offered'),
      );
  }

  /** A worker that is being ended frees its slot soon; one that works does not. */
  async #untilSlotFree(signal: AbortSignal): Promise<void> {
    const { attempts, capacity, clock } = this.#options;
    if (attempts.occupied() < capacity || attempts.working() >= capacity) return;
    await withDeadline('ending a worker', VACATE_MS, clock, signal, (bounded) =>
      attempts.changed.until(() => attempts.occupied() < capacity, bounded),
    ).catch(() => undefined);
  }

  #noteTrouble({ code }: RunnerError): void {
    if (code === 'DISK_FULL' || code === 'SPOOL_FULL')
      this.#trouble = { code, until: this.#options.clock.monotonic() + CONDITION_MS };
  }
}

function leaseError(): RunnerError {
  return new RunnerError(
    'LEASE_LOST',
    'the lease of the offer may have expired before the offer was answered',
    { retryable: true },
  );
}

function drainingError(): RunnerError {
  return new RunnerError('DRAINING', 'the runner takes no more work');
}

function answerAgain(known: Attempt): Answer {
  if (known.state.name !== 'gone') return { accepted: known, isNew: false };
  return {
    rejected: new RunnerError('ATTEMPT_STALE', 'this runner has already dropped the attempt'),
  };
}

/** For the log and the audit trail. */
export function rejectionFacts(
  ref: AttemptRef,
  { kind }: Offer,
  { code }: RunnerError,
): { readonly attempt: string; readonly kind: string; readonly code: string } {
  return { attempt: attemptKey(ref), kind: printable(kind, 60), code };
}

export function rejection(ref: AttemptRef, { code, message, retryable }: RunnerError): Frame {
  const body: Reject = { ref, code, message, permanent: !retryable };
  return { kind: 'reject', body };
}

import type { Channel } from '../../channel/channel.ts';
import type { Frame, Offer, Reject } from '../../channel/frames.ts';
import { attemptKey, type AttemptRef } from '../../domain/ids.ts';
import { isJobKind, type Job } from '../../domain/job.ts';
import type { Logger } from '../../observability/logger.ts';
import { aborted, withDeadline } from '../../runtime/abort.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { ErrorCode } from '../../runtime/error-codes.ts';
import { RunnerError } from '../../runtime/errors.ts';
import { printable } from '../../runtime/printable.ts';
import { Queue } from '../../runtime/queue.ts';
import type { Attempt } from '../attempts/attempt.ts';
import type { Attempts } from '../attempts/attempts.ts';
import { leaseEnd, type Leases } from '../attempts/leases.ts';
import { toAttemptRef } from '../connection/frame-fields.ts';

const WORKFLOW_MAX_BYTES = 512 * 1024;
const WAITING_OFFERS = 64;
/** How long a full disk is reported after an offer was refused for it. */
const CONDITION_MS = 60_000;
/** How long an offer waits for the place of a worker that is being ended. */
const VACATE_MS = 5_000;

export interface OffersOptions {
  readonly attempts: Attempts;
  readonly leases: Leases;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly capacity: number;
  /** Longest that any attempt may run, in milliseconds. */
  readonly jobDeadlineMs: number;
  readonly leaseMs: number;
  readonly draining: () => boolean;
  /** The local policy's word before anything is started: why not, or undefined. */
  readonly checkOffer: (job: Job) => Promise<RunnerError | undefined>;
}

type Answer =
  | { readonly accepted: Attempt; readonly isNew: boolean }
  | { readonly rejected: RunnerError };

/** Considers offers one by one. An attempt is journalled before it is accepted; the same offer again is accepted again. */
export class Offers {
  readonly #options: OffersOptions;
  readonly #waiting = new Queue<{ readonly offer: Offer; readonly at: number }>(WAITING_OFFERS);
  #trouble: { readonly code: ErrorCode; readonly until: number } | undefined;

  constructor(options: OffersOptions) {
    this.#options = options;
  }

  /** A code for the heartbeat when this runner cannot take work, else empty. */
  condition(): string {
    const trouble = this.#trouble;
    return trouble !== undefined && trouble.until > this.#options.clock.monotonic()
      ? trouble.code
      : '';
  }

  /**
   * `at` is an uptime before the offer was sent: it may have waited long in a connection whose reader was stopped, and its
   * lease runs meanwhile. False when too many wait already.
   */
  push(offer: Offer, at: number): boolean {
    return this.#waiting.offer({ offer, at });
  }

  /** Answers offers until `end`; calls `begun` for each attempt that is new. */
  async run(
    channel: Channel,
    begun: (attempt: Attempt) => void,
    signal: AbortSignal,
  ): Promise<void> {
    void aborted(signal).then(() => this.#waiting.end());
    for await (const { offer, at } of this.#waiting) {
      if (signal.aborted) return;
      const ref = toAttemptRef(offer.ref);
      const answer = await this.#consider(ref, offer, at, signal);
      if ('rejected' in answer)
        this.#options.logger.log('warn', 'job rejected', {
          attempt: attemptKey(ref),
          kind: printable(offer.kind, 60),
          code: answer.rejected.code,
          reason: answer.rejected.message,
        });
      await channel.send(
        'accepted' in answer ? { kind: 'accept', body: { ref } } : rejection(ref, answer.rejected),
        signal,
      );
      if ('accepted' in answer && answer.isNew) begun(answer.accepted);
    }
  }

  async #consider(ref: AttemptRef, offer: Offer, at: number, signal: AbortSignal): Promise<Answer> {
    const known = this.#options.attempts.get(ref);
    if (known !== undefined) return this.#again(known);
    try {
      const job = this.#toJob(ref, offer);
      this.#makeWayFor(ref);
      await this.#untilVacated(signal);
      if (this.#options.draining())
        throw new RunnerError('DRAINING', 'the runner takes no more work');
      const denied = await this.#options.checkOffer(job);
      if (denied !== undefined) return { rejected: denied };
      const { clock, attempts, leases, leaseMs } = this.#options;
      const ttlMs = offer.leaseTtlMs === 0 ? leaseMs : offer.leaseTtlMs;
      if (leaseEnd(ttlMs, at) <= clock.uptime())
        throw new RunnerError(
          'LEASE_LOST',
          'the lease of the offer may have ended before the offer was read',
          { retryable: true },
        );
      const attempt = await attempts.begin(job);
      leases.grant(ref, ttlMs, at);
      return { accepted: attempt, isNew: true };
    } catch (thrown) {
      const error = RunnerError.from(thrown);
      this.#noteTrouble(error);
      return { rejected: error };
    }
  }

  #again(known: Attempt): Answer {
    if (known.state.name !== 'gone') return { accepted: known, isNew: false };
    return { rejected: new RunnerError('ATTEMPT_STALE', 'this attempt was given up here') };
  }

  #toJob(ref: AttemptRef, { kind, workflow, deadlineMs, catalogRevision }: Offer): Job {
    if (!isJobKind(kind))
      throw new RunnerError(
        'JOB_KIND_UNSUPPORTED',
        'this runner does not know the kind of job that was offered',
      );
    if (workflow.length > WORKFLOW_MAX_BYTES)
      throw new RunnerError(
        'JOB_INVALID',
        `the workflow is larger than ${WORKFLOW_MAX_BYTES} bytes`,
      );
    const longest = this.#options.jobDeadlineMs;
    return {
      ref,
      kind,
      workflow: utf8(workflow),
      deadlineMs: deadlineMs === 0 ? longest : Math.min(deadlineMs, longest),
      ...(catalogRevision === '' ? {} : { catalogRevision }),
    };
  }

  /** Two attempts at one run never work side by side: the higher epoch wins. */
  #makeWayFor(ref: AttemptRef): void {
    const others = this.#options.attempts
      .ofRun(ref)
      .filter(({ working, alive }) => working || !alive);
    if (others.some((other) => other.ref.epoch >= ref.epoch))
      throw new RunnerError('ATTEMPT_STALE', 'a newer attempt at this run is at work here');
    for (const other of others)
      this.#options.attempts.drop(
        other,
        new RunnerError('LEASE_LOST', 'a newer attempt at the run was offered'),
      );
  }

  /** A worker that is being ended gives its place back in a moment; one that is at work does not. */
  async #untilVacated(signal: AbortSignal): Promise<void> {
    const { attempts, capacity, clock } = this.#options;
    if (attempts.occupied() < capacity || attempts.working() >= capacity) return;
    await withDeadline('ending a worker', VACATE_MS, clock, signal, (within) =>
      attempts.changed.until(() => attempts.occupied() < capacity, within),
    ).catch(() => undefined);
  }

  #noteTrouble({ code }: RunnerError): void {
    if (code === 'DISK_FULL' || code === 'SPOOL_FULL')
      this.#trouble = { code, until: this.#options.clock.monotonic() + CONDITION_MS };
  }
}

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (thrown) {
    throw new RunnerError('JOB_INVALID', 'the workflow is not UTF-8 text', { cause: thrown });
  }
}

export function rejection(ref: AttemptRef, { code, message, retryable }: RunnerError): Frame {
  const body: Reject = { ref, code, message, permanent: !retryable };
  return { kind: 'reject', body };
}

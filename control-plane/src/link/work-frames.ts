import { DISPATCH } from '../runtime/change-hub.ts';
import { receiveAuditHead } from '../runners/audit-heads.ts';
import { acceptKey } from '../runners/identity-keys.ts';
import { ControlPlaneError } from '../runtime/errors.ts';
import type {
  AttemptRef,
  Batch,
  FromRunner,
  Heartbeat,
  HelloStatement,
  KeyProposal,
} from './frames.ts';
import type { Renewal } from './lease-renewals.ts';
import { acceptOffer, rejectOffer } from './offer-answers.ts';
import type { ConnectedRunner, Presence } from './registry.ts';
import type { SessionDeps } from './session-deps.ts';
import type { ChannelKind } from './wire.ts';

/** While more wait to be stored, nothing is read from the connection. */
const MAX_UNSTORED_BYTES = 8 * 1024 * 1024;
const MAX_PHASE_LENGTH = 100;
const MAX_CONDITION_LENGTH = 100;

type Runner = Pick<ConnectedRunner, 'runnerId' | 'bootId' | 'send' | 'close'> & {
  readonly channel: ChannelKind;
  /** That has signed the hello. */
  readonly key: Buffer;
};
export type WorkFrame = Exclude<FromRunner, { readonly kind: 'hello' }>;
type ProgressBody = Extract<FromRunner, { kind: 'progress' }>['body'];

/** Handles the frames that a runner sends once it has been welcomed. */
export class WorkFrames {
  readonly #deps: SessionDeps;
  readonly #runner: Runner;
  #presence: Presence;
  #unstoredBytes = 0;
  /** Heartbeats whose leases are being renewed. */
  #renewing = 0;

  constructor(deps: SessionDeps, runner: Runner) {
    this.#deps = deps;
    this.#runner = runner;
    this.#presence = {
      channel: runner.channel,
      version: '',
      platform: '',
      capacity: 0,
      running: 0,
      draining: true,
      condition: '',
      spoolBytes: 0,
      jobKinds: [],
    };
  }

  get presence(): Presence {
    return this.#presence;
  }

  /** Whether batches wait to be stored. */
  get hasUnstored(): boolean {
    return this.#unstoredBytes > 0;
  }

  /** The runner may get runs from now on. */
  welcomed(statement: HelloStatement): void {
    const { runnerVersion: version, platform, capacity, draining, jobKinds, held } = statement;
    const running = held.filter((attempt) => attempt.running).length;
    this.#updatePresence({ version, platform, capacity, draining, jobKinds, running });
  }

  async receive(frame: WorkFrame): Promise<void> {
    if (frame.kind === 'heartbeat') return this.#heartbeat(frame.body);
    if (frame.kind === 'auditHead')
      return receiveAuditHead(this.#deps, this.#runner.runnerId, frame.body);
    if (frame.kind === 'keyProposal') return this.#replaceKey(frame.body);
    if (this.#renewing > 0) await this.#deps.renewals.flush();
    switch (frame.kind) {
      case 'accept':
        return acceptOffer(this.#deps, this.#runner, requireRef(frame.body.ref));
      case 'reject':
        return rejectOffer(
          this.#deps,
          this.#deps.registry,
          this.#runner.runnerId,
          requireRef(frame.body.ref),
          frame.body,
        );
      case 'progress':
        return this.#progress(frame.body);
      case 'batch':
        return this.#batch(frame.body);
    }
  }

  async #replaceKey(proposal: KeyProposal): Promise<void> {
    const { publicKey } = proposal;
    if (await acceptKey(this.#deps, this.#runner, proposal))
      this.#runner.send({ kind: 'keyAccepted', body: { publicKey } });
  }

  #updatePresence(changes: Partial<Presence>): void {
    const before = this.#presence;
    this.#presence = { ...before, ...changes };
    if (!hasSameAbilities(before, this.#presence)) this.#deps.registry.reportChanged();
  }

  #heartbeat({ number, leases, ...reported }: Heartbeat): void {
    const { running, capacity, draining, spoolBytes } = reported;
    const before = this.#presence;
    const mayTakeMore =
      running < before.running ||
      capacity > before.capacity ||
      reported.condition !== before.condition ||
      draining !== before.draining;
    const condition = reported.condition.slice(0, MAX_CONDITION_LENGTH);
    this.#updatePresence({ running, capacity, draining, spoolBytes, condition });
    this.#deps.registry.lastSeen.note(this.#runner.runnerId, this.#deps.clock.now());
    if (leases.length === 0) this.#replyTo(number, { renewed: [], lost: [] });
    else void this.#renew(number, leases);
    if (mayTakeMore) this.#deps.changes.changed(DISPATCH);
  }

  /** Frames are read meanwhile. */
  async #renew(number: number, leases: readonly AttemptRef[]): Promise<void> {
    this.#renewing += 1;
    try {
      this.#replyTo(number, await this.#deps.renewals.renew(this.#runner, leases));
    } catch (thrown) {
      this.#deps.log.error(
        { err: thrown, runner: this.#runner.runnerId },
        'failed to renew leases',
      );
      this.#runner.close('failed to renew leases');
    } finally {
      this.#renewing -= 1;
    }
  }

  #replyTo(number: number, { renewed, lost }: Renewal): void {
    const ttlMs = this.#deps.limits.leaseTtlMs;
    this.#runner.send({
      kind: 'heartbeatReply',
      body: { number, renewed: renewed.map((ref) => ({ ref, ttlMs })), lost },
    });
  }

  async #progress({ ref: optionalRef, phase, done, total, apiCalls }: ProgressBody): Promise<void> {
    const ref = requireRef(optionalRef);
    const run = await this.#deps.store.read.runs.get(ref.runId);
    if (
      run?.epoch !== ref.epoch ||
      run.status.state !== 'running' ||
      run.status.runnerId !== this.#runner.runnerId
    )
      return;
    this.#deps.progress.set(ref.runId, {
      phase: phase.slice(0, MAX_PHASE_LENGTH),
      done,
      total,
      apiCalls,
    });
    this.#deps.changes.changed(ref.runId);
  }

  /** Keeps reading while batches wait to be stored. */
  async #batch(batch: Batch): Promise<void> {
    const size = batch.payload.length;
    const ref = requireRef(batch.ref);
    this.#unstoredBytes += size;
    const stored = this.#deps.delivery.submit(this.#runner, ref, batch).then(() => {
      this.#unstoredBytes -= size;
    });
    if (this.#unstoredBytes > MAX_UNSTORED_BYTES) await stored;
  }
}

/** Whether the runner can take the same runs as before. */
function hasSameAbilities(before: Presence, now: Presence): boolean {
  return (
    before.capacity === now.capacity &&
    before.condition === now.condition &&
    before.draining === now.draining &&
    before.jobKinds === now.jobKinds
  );
}

function requireRef(ref: AttemptRef | null): AttemptRef {
  if (ref === null)
    throw new ControlPlaneError('PROTOCOL_VIOLATION', 'frame has no attempt reference');
  return ref;
}

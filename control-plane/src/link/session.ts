import { DISPATCH } from '../runtime/change-hub.ts';
import { ControlPlaneError } from '../runtime/errors.ts';
import { decode, encode } from './codec.ts';
import { Credit } from './credit.ts';
import type { FromRunner, HelloStatement, Refusal, ToRunner } from './frames.ts';
import {
  FEATURES,
  IDENTITY_CHECK,
  NONCE_BYTES,
  PROTOCOL,
  verifyHello,
  type Verdict,
  type Hello,
} from './handshake.ts';
import { IdentityChecks } from './identity-check.ts';
import { settleIdentity } from './identity.ts';
import type { ConnectedRunner, OtherProcess, Presence } from './registry.ts';
import { resume } from './resume.ts';
import type { SessionDeps } from './session-deps.ts';
import { welcome } from './welcome.ts';
import type { Wire } from './wire.ts';
import { WorkFrames } from './work-frames.ts';

/** A runner that has been silent for this many heartbeats is gone. */
const SILENT_HEARTBEATS = 3;
/** With a last frame of at most this many heartbeats ago, a runner is alive without a check. */
const ALIVE_HEARTBEATS = 2;

type Accepted = Extract<Verdict, { readonly ok: true }>;

/** Who has signed the hello. */
interface Peer extends Pick<HelloStatement, 'runnerId' | 'bootId' | 'features'> {
  readonly key: Buffer;
}

type State =
  | { readonly name: 'challenged'; readonly nonce: Buffer; readonly since: number }
  /** Authenticated, not yet welcomed; frames to the runner wait. */
  | { readonly name: 'resuming'; readonly deferred: ToRunner[] }
  | { readonly name: 'welcomed' }
  | { readonly name: 'closed' };

/** The conversation over one connection, from the challenge to the end. */
export class Session implements ConnectedRunner {
  readonly #deps: SessionDeps;
  readonly #wire: Wire;
  readonly channel: Wire['kind'];
  readonly #checks = new IdentityChecks();
  readonly #work: WorkFrames;
  #state: State;
  #peer: Peer = { runnerId: '', bootId: '', features: [], key: Buffer.alloc(0) };
  readonly #credit: Credit;
  /** On the monotonic clock. */
  #lastFrameAt: number;

  constructor(deps: SessionDeps, wire: Wire) {
    this.#deps = deps;
    this.#wire = wire;
    this.#credit = new Credit(deps.sharedCredit);
    this.channel = wire.kind;
    this.#lastFrameAt = deps.clock.monotonic();
    this.#state = { name: 'challenged', nonce: deps.random(NONCE_BYTES), since: this.#lastFrameAt };
    this.#work = new WorkFrames(deps, this);
  }

  get runnerId(): string {
    return this.#peer.runnerId;
  }

  get bootId(): string {
    return this.#peer.bootId;
  }

  get key(): Buffer {
    return this.#peer.key;
  }

  presence(): Presence {
    return this.#work.presence;
  }

  send(frame: ToRunner): void {
    if (this.#state.name === 'resuming' && frame.kind !== 'welcome' && frame.kind !== 'refusal')
      this.#state.deferred.push(frame);
    else if (this.#state.name !== 'closed') this.#wire.send(encode(frame));
  }

  close(reason: string): void {
    this.#state = { name: 'closed' };
    this.#wire.close(reason);
  }

  reject(code: 'RUNNER_REVOKED', message: string): void {
    this.#reject({ code, message, permanent: true, retryAfterMs: 0 });
  }

  async isAlive({ platform, version }: OtherProcess): Promise<boolean> {
    const { clock, limits } = this.#deps;
    if (this.#isClosed()) return false;
    if (!this.#peer.features.includes(IDENTITY_CHECK))
      return this.#silentMs() <= ALIVE_HEARTBEATS * limits.heartbeatIntervalMs;
    const askedAt = clock.monotonic();
    const answered = await this.#checks.check(
      (number) => this.send({ kind: 'identityCheck', body: { number, platform, version } }),
      clock,
      limits.identityCheckMs,
      this.#wire.closed,
    );
    // An answer may be stuck behind batches. Rejecting the newcomer costs it seconds; ending an
    // active session costs a run.
    const active = answered || this.#lastFrameAt > askedAt || this.#work.hasUnstored;
    return !this.#isClosed() && active;
  }

  /** Resolves when the connection has ended. */
  async run(): Promise<void> {
    const ended = new AbortController();
    const watching = this.#closeWhenSilent(ended.signal);
    try {
      await this.#converse();
    } catch (thrown) {
      const error = ControlPlaneError.from(thrown);
      this.#deps.log.warn(
        { runner: this.runnerId, code: error.code, error: error.message },
        'session failed',
      );
      this.close(error.message);
    } finally {
      ended.abort();
      await this.#leave();
      await watching;
    }
  }

  async #converse(): Promise<void> {
    if (this.#state.name === 'challenged') this.#challenge(this.#state.nonce);
    for await (const message of this.#wire.messages) {
      this.#lastFrameAt = this.#deps.clock.monotonic();
      const frame = decode(message);
      if (frame !== undefined) await this.#receive(frame);
      if (this.#state.name === 'closed') return;
    }
  }

  #challenge(nonce: Buffer): void {
    const body = { nonce, protocolMin: PROTOCOL, protocolMax: PROTOCOL, features: FEATURES };
    this.send({ kind: 'challenge', body: { ...body, serverTimeMs: this.#deps.clock.now() } });
  }

  /**
   * Closes a connection without a hello in time, and a silent one: nothing else notices a dead
   * network.
   */
  async #closeWhenSilent(signal: AbortSignal): Promise<void> {
    const { clock, limits } = this.#deps;
    await clock.sleep(limits.handshakeTimeoutMs, signal);
    if (!signal.aborted && this.#state.name === 'challenged') this.close('no hello in time');
    while (!signal.aborted) {
      await clock.sleep(limits.heartbeatIntervalMs, signal);
      const limitMs = SILENT_HEARTBEATS * limits.heartbeatIntervalMs;
      if (!signal.aborted && this.#silentMs() > limitMs) this.close('no frame received in time');
    }
  }

  async #receive(frame: FromRunner): Promise<void> {
    if (this.#state.name === 'challenged') {
      if (frame.kind !== 'hello')
        throw new ControlPlaneError('PROTOCOL_VIOLATION', `${frame.kind} frame before hello`);
      this.#credit.roundTripMs = this.#lastFrameAt - this.#state.since;
      return this.#hello(frame.body, this.#state.nonce);
    }
    if (this.#state.name !== 'welcomed') return;
    if (frame.kind === 'hello')
      throw new ControlPlaneError('PROTOCOL_VIOLATION', 'duplicate hello frame');
    if (frame.kind === 'heartbeat') this.#checks.answered(frame.body.identityCheck);
    return this.#work.receive(frame);
  }

  async #hello(hello: Hello, nonce: Buffer): Promise<void> {
    const { authorities, store, registry } = this.#deps;
    const verdict = await verifyHello(hello, nonce, authorities, store.read.runners);
    if (!verdict.ok) return this.#reject(verdict.refusal);
    await registry.runExclusively(verdict.runner.id, async () => {
      const refusal = await settleIdentity(this.#deps, registry, verdict.statement);
      if (this.#isClosed()) return;
      if (refusal === undefined) await this.#welcome(verdict);
      else this.#reject(refusal);
    });
  }

  async #welcome({ runner, statement, key }: Accepted): Promise<void> {
    const { registry, changes, log, delivery, renewals, limits } = this.#deps;
    const deferred: ToRunner[] = [];
    this.#peer = { ...statement, key };
    this.#state = { name: 'resuming', deferred };
    registry.add(this);
    // What an earlier connection of the runner has sent comes first.
    await Promise.all([delivery.idle(), renewals.flush()]);
    const resumption = await resume(this.#deps, statement, key, this.channel);
    if (resumption === undefined) return this.reject('RUNNER_REVOKED', 'runner has been revoked');
    if (this.#isClosed()) return;
    this.#wire.expect(this.#credit.take());
    this.send(welcome(resumption, statement.features, this.#credit.bytes, limits));
    this.#state = { name: 'welcomed' };
    const { cancels, drainReason } = resumption;
    for (const cancel of cancels) this.send({ kind: 'cancel', body: cancel });
    if (drainReason !== null) this.send({ kind: 'drain', body: { reason: drainReason } });
    for (const frame of deferred) this.send(frame);
    this.#work.welcomed(statement);
    const { runnerVersion: version } = statement;
    log.info(
      { runner: runner.id, name: runner.name, channel: this.channel, version },
      'runner connected',
    );
    changes.changed(DISPATCH);
  }

  /** Hides the narrowed state from the compiler: it may have changed during an await. */
  #isClosed(): boolean {
    return this.#state.name === 'closed';
  }

  #silentMs(): number {
    return this.#deps.clock.monotonic() - this.#lastFrameAt;
  }

  #reject(refusal: Refusal): void {
    this.#deps.log.warn({ runner: this.runnerId, code: refusal.code }, 'runner rejected');
    this.send({ kind: 'refusal', body: refusal });
    this.close(refusal.code);
  }

  async #leave(): Promise<void> {
    const { registry, changes, log } = this.#deps;
    const registered = registry.remove(this);
    this.#credit.giveBack();
    this.close('connection ended');
    if (registered)
      log.info({ runner: this.runnerId, channel: this.channel }, 'runner disconnected');
    changes.changed(DISPATCH);
    await this.#wire.closed;
  }
}

import type { Runner } from '../store/store.ts';
import { ControlPlaneError } from '../runtime/errors.ts';
import { DISPATCH } from '../runtime/change-hub.ts';
import { NAME_AND_VERSION, type Ground } from '../deps.ts';
import { decode, encode, MAX_BATCH_BYTES } from './codec.ts';
import type { Delivery } from './delivery.ts';
import type {
  AttemptRef,
  FromRunner,
  Heartbeat,
  HelloStatement,
  Refusal,
  ToRunner,
} from './frames.ts';
import {
  FEATURES,
  IDENTITY_CHECK,
  judgeHello,
  NONCE_BYTES,
  PROTOCOL,
  type Hello,
} from './handshake.ts';
import { settleIdentity } from './identity.ts';
import type { ConnectedRunner, Presence, Registry, Stranger } from './registry.ts';
import { acceptOffer, rejectOffer, renewLeases, resume } from './work.ts';
import type { Wire } from './wire.ts';

const CREDIT_BYTES = 4 * 1024 * 1024;
/** A runner that has been silent for this many heartbeats is gone. */
const SILENT_HEARTBEATS = 3;
/** One that was heard within this many is there. */
const CERTAIN_HEARTBEATS = 2;

/** What the sessions of a control plane share. */
export interface SessionGround extends Ground {
  readonly registry: Registry;
  readonly delivery: Delivery;
  /** host:port in lower case, as runners may dial it. */
  readonly authorities: ReadonlySet<string>;
}

type State =
  | { readonly name: 'challenged'; readonly nonce: Buffer }
  /** Known, but not yet told where it stands; what it is sent meanwhile waits. */
  | { readonly name: 'resuming'; readonly later: ToRunner[] }
  | { readonly name: 'welcomed' }
  | { readonly name: 'closed' };

/** One conversation over one connection, from the challenge to the end. */
export class Session implements ConnectedRunner {
  readonly #ground: SessionGround;
  readonly #wire: Wire;
  #state: State;
  #presence: Presence;
  #runnerId = '';
  #bootId = '';
  #features: readonly string[] = [];
  /** On the monotonic clock. */
  #heardAt: number;
  #unstoredBytes = 0;
  #checks = 0;
  #answered: (number: number) => void = () => undefined;

  constructor(ground: SessionGround, wire: Wire) {
    this.#ground = ground;
    this.#wire = wire;
    this.#heardAt = ground.clock.monotonic();
    this.#state = { name: 'challenged', nonce: ground.random(NONCE_BYTES) };
    this.#presence = {
      channel: wire.kind,
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

  get runnerId(): string {
    return this.#runnerId;
  }

  get bootId(): string {
    return this.#bootId;
  }

  get channel(): string {
    return this.#wire.kind;
  }

  presence(): Presence {
    return this.#presence;
  }

  send(frame: ToRunner): void {
    if (this.#state.name === 'resuming' && frame.kind !== 'welcome' && frame.kind !== 'refusal')
      this.#state.later.push(frame);
    else if (this.#state.name !== 'closed') this.#wire.send(encode(frame));
  }

  close(reason: string): void {
    this.#state = { name: 'closed' };
    this.#wire.close(reason);
  }

  /** A process too old to know the check counts as alive by what was last heard of it. */
  async answers({ platform, version }: Stranger): Promise<boolean> {
    const { clock, limits } = this.#ground;
    if (this.#isClosed()) return false;
    if (!this.#features.includes(IDENTITY_CHECK))
      return clock.monotonic() - this.#heardAt <= CERTAIN_HEARTBEATS * limits.heartbeatIntervalMs;
    const number = ++this.#checks;
    const over = new AbortController();
    const answer = new Promise<boolean>((resolve) => {
      this.#answered = (answered) => {
        if (answered >= number) resolve(true);
      };
      over.signal.addEventListener('abort', () => resolve(false), { once: true });
    });
    const askedAt = clock.monotonic();
    this.send({ kind: 'identityCheck', body: { number, platform, version } });
    const late = clock.sleep(limits.identityCheckMs, over.signal).then(() => false);
    const alive = await Promise.race([answer, late, this.#wire.closed.then(() => false)]);
    over.abort();
    // An answer may be stuck behind batches; to turn the newcomer away costs it seconds, to end a living session costs a run.
    return !this.#isClosed() && (alive || this.#heardAt > askedAt || this.#unstoredBytes > 0);
  }

  refuse(code: 'RUNNER_REVOKED', message: string): void {
    this.#refuse({ code, message, permanent: true, retryAfterMs: 0 });
  }

  /** Resolves when the connection has ended. */
  async run(): Promise<void> {
    const ended = new AbortController();
    const watching = this.#watch(ended.signal);
    try {
      await this.#converse();
    } catch (thrown) {
      const error = ControlPlaneError.from(thrown);
      this.#ground.log.warn(
        { runner: this.runnerId, code: error.code, reason: error.message },
        'session closed',
      );
      this.close(error.message);
    } finally {
      ended.abort();
      await this.#leave();
      await watching;
    }
  }

  async #converse(): Promise<void> {
    if (this.#state.name === 'challenged') {
      this.send({
        kind: 'challenge',
        body: {
          nonce: this.#state.nonce,
          protocolMin: PROTOCOL,
          protocolMax: PROTOCOL,
          features: FEATURES,
          serverTimeMs: this.#ground.clock.now(),
        },
      });
    }
    for await (const message of this.#wire.messages) {
      this.#heardAt = this.#ground.clock.monotonic();
      const frame = decode(message);
      if (frame !== undefined) await this.#receive(frame);
      if (this.#state.name === 'closed') return;
    }
  }

  /** Closes a connection that does not say hello in time, and one that has gone silent: nothing else would notice a dead network. */
  async #watch(signal: AbortSignal): Promise<void> {
    const { clock, limits } = this.#ground;
    await clock.sleep(limits.handshakeTimeoutMs, signal);
    if (!signal.aborted && this.#state.name === 'challenged') this.close('no hello in time');
    while (!signal.aborted) {
      await clock.sleep(limits.heartbeatIntervalMs, signal);
      if (
        !signal.aborted &&
        clock.monotonic() - this.#heardAt > SILENT_HEARTBEATS * limits.heartbeatIntervalMs
      )
        this.close('nothing has been heard for too long');
    }
  }

  async #receive(frame: FromRunner): Promise<void> {
    if (this.#state.name === 'challenged') {
      if (frame.kind !== 'hello')
        throw new ControlPlaneError('PROTOCOL_VIOLATION', `${frame.kind} before hello`);
      return this.#hello(frame.body, this.#state.nonce);
    }
    if (this.#state.name !== 'welcomed') return;
    switch (frame.kind) {
      case 'hello':
        throw new ControlPlaneError('PROTOCOL_VIOLATION', 'a second hello');
      case 'heartbeat':
        return this.#heartbeat(frame.body);
      case 'accept':
        return acceptOffer(this.#ground, this, named(frame.body.ref));
      case 'reject':
        return rejectOffer(
          this.#ground,
          this.#ground.registry,
          this.runnerId,
          named(frame.body.ref),
          frame.body,
        );
      case 'progress': {
        const { phase, done, total, apiCalls, ref } = frame.body;
        return this.#progress(named(ref), { phase: phase.slice(0, 100), done, total, apiCalls });
      }
      case 'batch':
        return this.#batch(frame.body);
    }
  }

  async #hello(hello: Hello, nonce: Buffer): Promise<void> {
    const verdict = await judgeHello(
      hello,
      nonce,
      this.#ground.authorities,
      this.#ground.store.read.runners,
    );
    if (!verdict.ok) return this.#refuse(verdict.refusal);
    const { registry } = this.#ground;
    await registry.inTurn(verdict.runner.id, async () => {
      const refusal = await settleIdentity(this.#ground, registry, verdict.statement);
      if (this.#isClosed()) return;
      if (refusal === undefined) await this.#welcome(verdict.runner, verdict.statement);
      else this.#refuse(refusal);
    });
  }

  async #welcome(runner: Runner, statement: HelloStatement): Promise<void> {
    const { registry, changes, limits, log } = this.#ground;
    const { runnerVersion: version, platform, capacity, draining, jobKinds } = statement;
    const later: ToRunner[] = [];
    this.#runnerId = runner.id;
    this.#bootId = statement.bootId;
    this.#features = statement.features;
    this.#state = { name: 'resuming', later };
    registry.add(this);
    await this.#ground.delivery.idle();
    const resumption = await resume(this.#ground, statement, this.channel);
    if (resumption === undefined)
      return this.refuse('RUNNER_REVOKED', 'this runner has been revoked');
    if (this.#isClosed()) return;
    const { positions, cancels, drainReason } = resumption;
    this.send({
      kind: 'welcome',
      body: {
        positions,
        creditBytes: CREDIT_BYTES,
        heartbeatIntervalMs: limits.heartbeatIntervalMs,
        maxBatchBytes: MAX_BATCH_BYTES,
        controlPlane: NAME_AND_VERSION,
        features: FEATURES.filter((feature) => statement.features.includes(feature)),
      },
    });
    this.#state = { name: 'welcomed' };
    for (const cancel of cancels) this.send({ kind: 'cancel', body: cancel });
    if (drainReason !== null) this.send({ kind: 'drain', body: { reason: drainReason } });
    for (const frame of later) this.send(frame);
    this.#presence = {
      ...this.#presence,
      version,
      platform,
      capacity,
      draining,
      jobKinds,
      running: statement.held.filter(({ running }) => running).length,
    };
    log.info(
      { runner: runner.id, name: runner.name, channel: this.channel, version },
      'runner connected',
    );
    changes.changed(DISPATCH);
  }

  /** Others may have closed this while it waited. */
  #isClosed(): boolean {
    return this.#state.name === 'closed';
  }

  async #heartbeat(heartbeat: Heartbeat): Promise<void> {
    const { running, capacity, draining, condition, spoolBytes } = heartbeat;
    this.#answered(heartbeat.identityCheck);
    const before = this.#presence;
    const roomier =
      running < before.running ||
      capacity > before.capacity ||
      condition !== before.condition ||
      draining !== before.draining;
    this.#presence = {
      ...this.#presence,
      running,
      capacity,
      draining,
      spoolBytes,
      condition: condition.slice(0, 100),
    };
    const { renewed, lost } = await renewLeases(this.#ground, this, heartbeat.leases);
    this.send({
      kind: 'heartbeatReply',
      body: {
        number: heartbeat.number,
        renewed: renewed.map((ref) => ({ ref, ttlMs: this.#ground.limits.leaseTtlMs })),
        lost,
      },
    });
    if (roomier) this.#ground.changes.changed(DISPATCH);
  }

  async #progress(
    ref: AttemptRef,
    progress: { phase: string; done: number; total: number; apiCalls: number },
  ): Promise<void> {
    const run = await this.#ground.store.read.runs.get(ref.runId);
    if (
      run?.epoch !== ref.epoch ||
      run.status.state !== 'running' ||
      run.status.runnerId !== this.runnerId
    )
      return;
    this.#ground.progress.set(ref.runId, progress);
    this.#ground.changes.changed(ref.runId);
  }

  /** Reads on while batches wait for the disk, but no further than twice the credit it gave. */
  async #batch(batch: Extract<FromRunner, { kind: 'batch' }>['body']): Promise<void> {
    const size = batch.payload.length;
    this.#unstoredBytes += size;
    const stored = this.#ground.delivery.submit(this, named(batch.ref), batch).then(() => {
      this.#unstoredBytes -= size;
    });
    if (this.#unstoredBytes > 2 * CREDIT_BYTES) await stored;
  }

  #refuse(refusal: Refusal): void {
    this.#ground.log.warn({ runner: this.runnerId, code: refusal.code }, 'runner refused');
    this.send({ kind: 'refusal', body: refusal });
    this.close(refusal.code);
  }

  async #leave(): Promise<void> {
    const { registry, changes, log } = this.#ground;
    const known = this.#ground.registry.all().includes(this);
    if (known) registry.remove(this);
    this.close('the connection has ended');
    if (known) log.info({ channel: this.channel }, 'runner disconnected');
    changes.changed(DISPATCH);
    await this.#wire.closed;
  }
}

function named(ref: AttemptRef | null): AttemptRef {
  if (ref === null) throw new ControlPlaneError('PROTOCOL_VIOLATION', 'a frame names no attempt');
  return ref;
}

import { createPublicKey, randomBytes, verify } from 'node:crypto';
import { crc32, zstdDecompressSync } from 'node:zlib';
import type { Channel } from '../../../src/channel/channel.ts';
import { loadCodec } from '../../../src/channel/codec.ts';
import type {
  Batch,
  Challenge,
  Frame,
  HelloStatement,
  Offer,
  Position,
  Welcome,
} from '../../../src/channel/frames.ts';
import { attemptKey, type AttemptRef } from '../../../foundation/src/domain/ids.ts';
import { NEVER } from '../../../foundation/src/runtime/abort.ts';
import { signedBytes } from '../../../src/link/connection/handshake.ts';

const SIGNATURE_INVALID: Frame = {
  kind: 'refusal',
  body: { code: 'SIGNATURE_INVALID', message: 'no', permanent: true, retryAfterMs: 0 },
};

interface Stream {
  readonly lines: string[];
  complete: boolean;
}

/** An in-memory control plane that follows the protocol, unless a test changes its behavior. */
export class ControlPlaneDouble {
  readonly authority: string;
  publicKey: string;
  /** Every received frame, over all channels. */
  readonly received: Frame[] = [];
  readonly statements: HelloStatement[] = [];
  readonly streams = new Map<string, Stream>();
  /** Channels in the order they were opened. */
  readonly channels: Channel[] = [];
  challenge: Partial<Challenge> = {};
  welcome: Partial<Welcome> = {};
  now: () => number = () => Date.now();
  /** Answer to a batch instead of storing it; undefined stores it. */
  onBatch: (batch: Batch) => Frame | 'silence' | undefined = () => undefined;
  /** Answers a hello with this instead of a welcome. */
  refusal: Frame | undefined;
  /** Whether stored batches are acknowledged. */
  acknowledges = true;
  answersHeartbeats = true;
  leaseTtlMs = 60_000;
  lost: AttemptRef[] = [];
  verdict: (ref: AttemptRef) => Position['verdict'] = () => 'VERDICT_KEEP';
  maxInFlight = 0;
  /** Payload bytes not answered yet, by attempt, with the last record of each batch. */
  #unanswered = new Map<string, { last: number; bytes: number }[]>();

  constructor(authority: string, publicKey: string) {
    this.authority = authority;
    this.publicKey = publicKey;
  }

  get channel(): Channel {
    return this.channels.at(-1)!;
  }

  /** For MemoryDialer. */
  readonly accept = (channel: Channel): void => {
    this.channels.push(channel);
    this.#unanswered.clear();
    void this.#converse(channel).catch(() => channel.close('conversation failed'));
  };

  async send(frame: Frame, channel = this.channel): Promise<void> {
    await channel.send(frame, NEVER);
  }

  async offer(ref: AttemptRef, offer: Partial<Offer> = {}): Promise<void> {
    await this.send({
      kind: 'offer',
      body: {
        ref,
        kind: 'metadata',
        workflow: Buffer.from('{}'),
        leaseTtlMs: this.leaseTtlMs,
        deadlineMs: 0,
        issuedAtMs: this.now(),
        catalogRevision: '',
        traceparent: '',
        signature: '',
        ...offer,
      },
    });
  }

  of<Kind extends Frame['kind']>(kind: Kind): Extract<Frame, { kind: Kind }>[] {
    return this.received.filter(
      (frame): frame is Extract<Frame, { kind: Kind }> => frame.kind === kind,
    );
  }

  stream(ref: AttemptRef): Stream {
    const key = attemptKey(ref);
    const stream = this.streams.get(key) ?? { lines: [], complete: false };
    this.streams.set(key, stream);
    return stream;
  }

  async acknowledge(ref: AttemptRef): Promise<void> {
    const upTo = this.stream(ref).lines.length;
    this.#answered(ref, upTo);
    await this.send({ kind: 'ack', body: { ref, upTo } });
  }

  async #converse(channel: Channel): Promise<void> {
    const nonce = randomBytes(32);
    await this.send(
      {
        kind: 'challenge',
        body: {
          nonce,
          protocolMin: 1,
          protocolMax: 1,
          features: ['zstd'],
          serverTimeMs: this.now(),
          ...this.challenge,
        },
      },
      channel,
    );
    for await (const frame of channel.frames()) {
      this.received.push(frame);
      if (frame.kind === 'hello')
        await this.#hello(channel, nonce, frame.body.statement, frame.body.signature);
      else if (frame.kind === 'batch') await this.#batch(channel, frame.body);
      else if (frame.kind === 'heartbeat' && this.answersHeartbeats) {
        const renewed = frame.body.leases
          .filter((ref) => !this.lost.some((lost) => lost.runId === ref.runId))
          .map((ref) => ({ ref, ttlMs: this.leaseTtlMs }));
        await this.send(
          { kind: 'heartbeatReply', body: { number: frame.body.number, renewed, lost: this.lost } },
          channel,
        );
      }
    }
  }

  async #hello(
    channel: Channel,
    nonce: Buffer,
    bytes: Uint8Array,
    signature: Uint8Array,
  ): Promise<void> {
    const statement = (await loadCodec()).decodeStatement(bytes);
    this.statements.push(statement);
    if (this.refusal !== undefined) {
      await this.send(this.refusal, channel);
      return await channel.close('refused');
    }
    if (!this.#verifies(signedBytes(this.authority, nonce, bytes), signature))
      return await this.send(SIGNATURE_INVALID, channel);
    const positions = statement.held.map(({ ref }) => ({
      ref,
      verdict: this.verdict(ref as AttemptRef),
      storedSequence: this.stream(ref as AttemptRef).lines.length,
    }));
    await this.send(
      {
        kind: 'welcome',
        body: {
          positions,
          creditBytes: 4 << 20,
          heartbeatIntervalMs: 15_000,
          maxBatchBytes: 1 << 20,
          controlPlane: 'double 1',
          features: ['zstd'],
          auditHead: 0,
          ...this.welcome,
        },
      },
      channel,
    );
  }

  #verifies(message: Uint8Array, signature: Uint8Array): boolean {
    const x = Buffer.from(this.publicKey, 'base64').toString('base64url');
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    return verify(null, message, key, signature);
  }

  async #batch(channel: Channel, batch: Batch): Promise<void> {
    this.#note(batch);
    const answer = this.onBatch(batch);
    if (answer === 'silence') return;
    if (answer !== undefined) {
      this.#answered(batch.ref as AttemptRef, Infinity);
      return await this.send(answer, channel);
    }
    const ref = batch.ref as AttemptRef;
    const stream = this.stream(ref);
    if (crc32(batch.payload) !== batch.crc32) throw new Error('wrong crc32');
    if (batch.firstSequence > stream.lines.length + 1) {
      this.#answered(ref, Infinity);
      return await this.send(
        {
          kind: 'nack',
          body: {
            ref,
            code: 'NACK_CODE_OUT_OF_ORDER',
            expectedSequence: stream.lines.length + 1,
            message: '',
          },
        },
        channel,
      );
    }
    const raw =
      batch.codec === 'CODEC_ZSTD' ? zstdDecompressSync(batch.payload) : Buffer.from(batch.payload);
    if (raw.length !== batch.rawBytes) throw new Error('wrong raw_bytes');
    const lines = raw.toString().split('\n').slice(0, -1);
    if (lines.length !== batch.count) throw new Error('wrong count');
    stream.lines.push(...lines.slice(stream.lines.length + 1 - batch.firstSequence));
    stream.complete ||= batch.last;
    if (this.acknowledges) await this.acknowledge(ref);
  }

  #note({ ref, firstSequence, count, payload }: Batch): void {
    const key = attemptKey(ref as AttemptRef);
    // Resent records replace those from the same place on that followed a rejection.
    const before = (this.#unanswered.get(key) ?? []).filter(({ last }) => last < firstSequence);
    this.#unanswered.set(key, [
      ...before,
      { last: firstSequence + count - 1, bytes: payload.length },
    ]);
    const inFlight = [...this.#unanswered.values()]
      .flat()
      .reduce((sum, { bytes }) => sum + bytes, 0);
    this.maxInFlight = Math.max(this.maxInFlight, inFlight);
  }

  /**
   * A rejection answers every batch of the attempt, an acknowledgement those up to its position.
   */
  #answered(ref: AttemptRef, upTo: number): void {
    const key = attemptKey(ref);
    this.#unanswered.set(
      key,
      (this.#unanswered.get(key) ?? []).filter(({ last }) => last > upTo),
    );
  }
}

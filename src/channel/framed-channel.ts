import { throwIfAborted, NEVER } from '../../foundation/src/runtime/abort.ts';
import { ChangeSignal } from '../../foundation/src/runtime/change-signal.ts';
import type { Clock } from '../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { sleepOrWoken } from '../../foundation/src/runtime/wait.ts';
import type { Channel, ChannelKind } from './channel.ts';
import { MAX_FRAME_BYTES, type FrameCodec } from './codec.ts';
import type { Frame } from './frames.ts';
import { Inbox } from './inbox.ts';

/** Unsent bytes above which `send` waits. */
const SEND_HIGH_WATER_BYTES = 1024 * 1024;
const CLOSE_TIMEOUT_MS = 2_000;

/** The bytes of one message, in consecutive pieces. */
export type Pieces = readonly Uint8Array[];

/** A transport of whole messages, in order. */
export interface Wire {
  /** Calls `taken` once the transport has passed the message on, or has failed. */
  write(message: Pieces, taken: () => void): void;
  /** Bytes written and not yet passed on. */
  bufferedBytes(): number;
  pause(): void;
  resume(): void;
  /** Starts a normal close; the transport reports its end. */
  end(reason: string): void;
  /** Drops the connection at once. */
  destroy(): void;
}

type State = { readonly name: 'open' } | { readonly name: 'closing' } | { readonly name: 'closed' };

/** A channel over any wire: encoding, limits, backpressure and closing. */
export class FramedChannel implements Channel {
  readonly kind: ChannelKind;
  readonly #wire: Wire;
  readonly #codec: FrameCodec;
  readonly #clock: Clock;
  readonly #inbox: Inbox<Frame>;
  readonly #taken = new ChangeSignal();
  readonly #ended = Promise.withResolvers<void>();
  #state: State = { name: 'open' };
  #gone: RunnerError | undefined;
  #sent = 0;
  #received = 0;

  constructor(kind: ChannelKind, wire: Wire, codec: FrameCodec, clock: Clock) {
    this.kind = kind;
    this.#wire = wire;
    this.#codec = codec;
    this.#clock = clock;
    this.#inbox = new Inbox(
      () => wire.pause(),
      () => wire.resume(),
    );
  }

  async send(frame: Frame, signal: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    const message = this.#codec.encodePieces(frame);
    const bytes = message.reduce((sum, piece) => sum + piece.length, 0);
    if (bytes > MAX_FRAME_BYTES)
      throw new RunnerError(
        'FRAME_TOO_LARGE',
        `${frame.kind} frame of ${bytes} bytes exceeds the size limit`,
      );
    if (this.#state.name !== 'open') throw closedError();
    this.#sent += bytes;
    this.#wire.write(message, () => this.#taken.notify());
    while (this.#wire.bufferedBytes() > SEND_HIGH_WATER_BYTES) {
      await this.#taken.wait(signal);
      if (this.#gone !== undefined) throw this.#gone;
    }
  }

  frames(): AsyncIterable<Frame> {
    return this.#inbox.read();
  }

  async close(reason: string): Promise<void> {
    if (this.#state.name === 'open') {
      this.#state = { name: 'closing' };
      this.#leave(closedError());
      this.#inbox.end(undefined);
      this.#wire.end(reason);
    }
    if (this.#state.name === 'closed') return;
    await sleepOrWoken(this.#clock, CLOSE_TIMEOUT_MS, () => this.#ended.promise, NEVER);
    if (this.#hasEnded()) return;
    this.#wire.destroy();
    this.ended(undefined);
  }

  traffic(): { readonly sent: number; readonly received: number } {
    return { sent: this.#sent, received: this.#received };
  }

  /** The wire calls this with each message. */
  received(message: Uint8Array): void {
    this.#received += message.length;
    if (this.#state.name !== 'open') return;
    try {
      if (message.length > MAX_FRAME_BYTES)
        throw new RunnerError(
          'FRAME_TOO_LARGE',
          `received message of ${message.length} bytes exceeds the size limit`,
        );
      this.#inbox.push(this.#codec.decode(message), message.length);
    } catch (thrown) {
      this.fail(RunnerError.from(thrown));
    }
  }

  /** Ends the channel because of an invalid message. */
  fail(error: RunnerError): void {
    this.#wire.destroy();
    this.ended(error);
  }

  /** The wire calls this when the connection has ended; without an error after a normal close. */
  ended(error: RunnerError | undefined): void {
    if (this.#state.name === 'closed') return;
    this.#state = { name: 'closed' };
    this.#leave(error ?? closedError());
    this.#inbox.end(error);
    this.#ended.resolve();
  }

  /** Nothing more is sent; who waits to send throws. */
  #leave(reason: RunnerError): void {
    this.#gone ??= reason;
    this.#taken.notify();
  }

  #hasEnded(): boolean {
    return this.#state.name === 'closed';
  }
}

function closedError(): RunnerError {
  return new RunnerError('NETWORK_RESET', 'channel is closed');
}

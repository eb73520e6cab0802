import { throwIfAborted } from '../../foundation/src/runtime/abort.ts';
import type { Clock } from '../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import type { Channel, Dialer } from './channel.ts';
import { loadCodec, type FrameCodec } from './codec.ts';
import { FramedChannel, type Pieces, type Wire } from './framed-channel.ts';

/** Receives messages at one end of a wire, like FramedChannel. */
export interface Receiver {
  received(message: Uint8Array): void;
  /** Called once; without an error after a normal close. */
  ended(error: RunnerError | undefined): void;
}

/** One end of a connection in memory. Messages reach the other end asynchronously and in order. */
export class MemoryWire implements Wire {
  #receiver: Receiver | undefined;
  #other: MemoryWire;
  #waiting: { readonly message: Uint8Array; readonly taken: () => void }[] = [];
  #buffered = 0;
  #reading = true;
  #over = false;

  private constructor(other: MemoryWire | undefined) {
    this.#other = other ?? new MemoryWire(this);
  }

  static pair(): [MemoryWire, MemoryWire] {
    const near = new MemoryWire(undefined);
    return [near, near.#other];
  }

  attach(receiver: Receiver): void {
    this.#receiver = receiver;
  }

  write(pieces: Pieces, taken: () => void): void {
    if (this.#over) return taken();
    const message = Buffer.concat(pieces);
    this.#buffered += message.length;
    this.#waiting.push({ message, taken });
    setImmediate(() => this.#flush());
  }

  bufferedBytes(): number {
    return this.#buffered;
  }

  pause(): void {
    this.#reading = false;
  }

  resume(): void {
    this.#reading = true;
    setImmediate(() => this.#other.#flush());
  }

  end(): void {
    setImmediate(() => {
      this.#flush();
      this.#finish(undefined);
    });
  }

  destroy(): void {
    setImmediate(() => this.#finish(new RunnerError('NETWORK_RESET', 'connection lost')));
  }

  #flush(): void {
    while (this.#other.#reading && !this.#over) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#buffered -= next.message.length;
      next.taken();
      this.#other.#receiver?.received(next.message);
    }
  }

  #finish(error: RunnerError | undefined): void {
    if (this.#over) return;
    this.#over = true;
    this.#other.#over = true;
    this.#receiver?.ended(error);
    this.#other.#receiver?.ended(error);
  }
}

/** Attaches a channel to one end of a wire. */
export function channelOver(wire: MemoryWire, codec: FrameCodec, clock: Clock): FramedChannel {
  const channel = new FramedChannel('memory', wire, codec, clock);
  wire.attach(channel);
  return channel;
}

/**
 * Dials a control plane in the same process: `accept` attaches a receiver to its end, or throws to
 * refuse. For simulations and tests.
 */
export class MemoryDialer implements Dialer {
  readonly kind = 'memory';
  readonly authority: string;
  readonly #clock: Clock;
  readonly #accept: (wire: MemoryWire, codec: FrameCodec) => void;

  constructor(
    authority: string,
    clock: Clock,
    accept: (wire: MemoryWire, codec: FrameCodec) => void,
  ) {
    this.authority = authority;
    this.#clock = clock;
    this.#accept = accept;
  }

  async dial(signal: AbortSignal): Promise<Channel> {
    throwIfAborted(signal);
    const codec = await loadCodec();
    throwIfAborted(signal);
    const [near, far] = MemoryWire.pair();
    const channel = channelOver(near, codec, this.#clock);
    this.#accept(far, codec);
    return channel;
  }
}

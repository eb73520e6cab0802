import { throwIfAborted } from '../runtime/abort.ts';
import type { Clock } from '../runtime/clock.ts';
import { RunnerError } from '../runtime/errors.ts';
import type { Channel, Dialer } from './channel.ts';
import { loadCodec, type FrameCodec } from './codec.ts';
import { FramedChannel, type Wire } from './framed-channel.ts';

/** One direction of a pair: delivers whole messages later, in order, unless it is cut. */
class MemoryWire implements Wire {
  peer!: FramedChannel;
  own!: FramedChannel;
  other!: MemoryWire;
  #waiting: { readonly message: Uint8Array; readonly taken: () => void }[] = [];
  #buffered = 0;
  #reading = true;
  #over = false;

  static pair(): [MemoryWire, MemoryWire] {
    const [a, b] = [new MemoryWire(), new MemoryWire()];
    a.other = b;
    b.other = a;
    return [a, b];
  }

  write(message: Uint8Array, taken: () => void): void {
    if (this.#over) return taken();
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
    setImmediate(() => this.other.#flush());
  }

  end(): void {
    setImmediate(() => {
      this.#flush();
      this.#finish(undefined);
    });
  }

  destroy(): void {
    setImmediate(() => this.#finish(new RunnerError('NETWORK_RESET', 'the connection broke')));
  }

  #flush(): void {
    while (this.other.#reading && !this.#over) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#buffered -= next.message.length;
      next.taken();
      this.peer.received(next.message);
    }
  }

  #finish(error: RunnerError | undefined): void {
    if (this.#over) return;
    this.#over = true;
    this.other.#over = true;
    this.own.ended(error);
    this.peer.ended(error);
  }
}

/** Two channels joined back to back: what one sends, the other receives. For simulations and tests. */
export function memoryChannels(codec: FrameCodec, clock: Clock): [FramedChannel, FramedChannel] {
  const [near, far] = MemoryWire.pair();
  const a = new FramedChannel('memory', near, codec, clock);
  const b = new FramedChannel('memory', far, codec, clock);
  near.own = far.peer = a;
  far.own = near.peer = b;
  return [a, b];
}

/** Dials a control plane that lives in the same process: `accept` gets its end, or throws to refuse the connection. */
export class MemoryDialer implements Dialer {
  readonly kind = 'memory';
  readonly authority: string;
  readonly #clock: Clock;
  readonly #accept: (channel: Channel) => void;

  constructor(authority: string, clock: Clock, accept: (channel: Channel) => void) {
    this.authority = authority;
    this.#clock = clock;
    this.#accept = accept;
  }

  async dial(signal: AbortSignal): Promise<Channel> {
    throwIfAborted(signal);
    const [near, far] = memoryChannels(await loadCodec(), this.#clock);
    throwIfAborted(signal);
    this.#accept(far);
    return near;
  }
}

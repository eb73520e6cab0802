import type { Duplex } from 'node:stream';
import type { Connect } from '../../foundation/src/network/connect.ts';
import { throwIfAborted, withDeadline } from '../../foundation/src/runtime/abort.ts';
import type { Clock } from '../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import type { Channel, ChannelKind, Dialer } from './channel.ts';
import { loadCodec } from './codec.ts';
import { parseControlPlaneUrl, type ControlPlaneAddress } from './control-plane-url.ts';
import { FramedChannel, type Wire } from './framed-channel.ts';

export interface DialerOptions {
  /** wss://host:port, for every kind of channel. */
  readonly url: string;
  readonly connect: Connect;
  readonly clock: Clock;
  /** Limit in milliseconds for connecting, TLS and opening the channel together. */
  readonly timeoutMs: number;
}

/** A connection that is ready for messages. */
export interface Opened {
  readonly wire: Wire;
  /** Starts passing received messages to the channel. */
  readonly listen: (channel: FramedChannel) => void;
}

/** How one kind of channel is opened on a connection. */
export interface Opening {
  readonly kind: ChannelKind;
  /** The protocol offered in the TLS handshake. */
  readonly alpn: string;
  /** Rejects like Dialer.dial; the caller then destroys the connection. */
  readonly open: (
    connection: Duplex,
    authority: string,
    clock: Clock,
    signal: AbortSignal,
  ) => Promise<Opened>;
}

/**
 * Dials with `Connect`, so that proxy, connectTo, CA and host checks are the same for every kind of
 * channel.
 */
export class ConnectionDialer implements Dialer {
  readonly kind: ChannelKind;
  readonly #opening: Opening;
  readonly #options: DialerOptions;
  readonly #address: ControlPlaneAddress;

  /** Throws INPUT_INVALID for an invalid URL. */
  constructor(opening: Opening, options: DialerOptions) {
    this.kind = opening.kind;
    this.#opening = opening;
    this.#options = options;
    this.#address = parseControlPlaneUrl(options.url);
  }

  get authority(): string {
    return this.#address.authority;
  }

  async dial(signal: AbortSignal): Promise<Channel> {
    const { connect, clock, timeoutMs } = this.#options;
    const codec = await loadCodec();
    throwIfAborted(signal);
    const startedAt = clock.monotonic();
    const connection = await connect(this.#address.endpoint, {
      signal,
      timeoutMs,
      tls: { alpn: [this.#opening.alpn] },
    });
    try {
      const { wire, listen } = await this.#open(
        connection,
        timeoutMs - (clock.monotonic() - startedAt),
        signal,
      );
      const channel = new FramedChannel(this.kind, wire, codec, clock);
      listen(channel);
      return channel;
    } catch (thrown) {
      connection.destroy();
      throw thrown;
    }
  }

  async #open(connection: Duplex, leftMs: number, signal: AbortSignal): Promise<Opened> {
    const { clock, timeoutMs } = this.#options;
    try {
      return await withDeadline('opening the channel', leftMs, clock, signal, (bounded) =>
        this.#opening.open(connection, this.authority, clock, bounded),
      );
    } catch (thrown) {
      const error = RunnerError.from(thrown);
      if (signal.aborted || error.code !== 'DEADLINE_EXCEEDED') throw error;
      throw new RunnerError(
        'NETWORK_TIMEOUT',
        `${this.authority} did not open a channel within ${timeoutMs} ms`,
        { cause: thrown },
      );
    }
  }
}

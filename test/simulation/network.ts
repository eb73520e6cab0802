import { crc32 } from 'node:zlib';
import type { Channel, ChannelKind, Dialer } from '../../src/channel/channel.ts';
import { loadCodec } from '../../src/channel/codec.ts';
import { FramedChannel } from '../../src/channel/framed-channel.ts';
import { throwIfAborted, untilAborted } from '../../src/runtime/abort.ts';
import { RunnerError } from '../../src/runtime/errors.ts';
import { Inbox, type Wire as ServerWire } from '../../control-plane/src/link/wire.ts';
import type { SimulatedProcess } from './process.ts';
import type { World } from './world.ts';

export const AUTHORITY = 'plane.example.com:443';

/** By their field numbers in the proto. */
const FRAMES = [
  '',
  'challenge',
  'hello',
  'welcome',
  'refusal',
  'heartbeat',
  'heartbeat reply',
  'progress',
  'offer',
  'accept',
  'reject',
  'cancel',
  'drain',
  'batch',
  'ack',
  'nack',
];

const DIAL_TIMEOUT_MS = 4_000;

/** What the way between a machine and the control plane does to what is sent over it. */
export type Weather =
  | 'fair'
  /** Nothing arrives now; all of it arrives once the weather is fair again, also what an older connection sent. */
  | 'held'
  /** Everything is lost without a word, now and on these connections later: half-open ones. */
  | 'lost'
  /** Lost on the way to the control plane, fair on the way back. */
  | 'lost upward'
  /** The other way round. */
  | 'lost downward';

type Direction = 'up' | 'down';

/** The road of one machine. */
export class Road {
  weather: Weather = 'fair';
  /** Messages that arrive twice, as a share. */
  duplicates = 0;
  /** Kinds of channel that somebody on the way breaks. */
  readonly broken = new Set<ChannelKind>();
  readonly connections = new Set<Connection>();

  loses(direction: Direction): boolean {
    return this.weather === 'lost' || this.weather === `lost ${direction}ward`;
  }

  clear(): void {
    this.weather = 'fair';
    this.duplicates = 0;
    this.broken.clear();
    for (const connection of this.connections) connection.goOn();
  }

  /** Everything open breaks, and both sides are told. */
  reset(): void {
    for (const connection of this.connections) connection.reset('reset on the way');
  }
}

/** Who accepts connections, while somebody does. */
export interface Listener {
  readonly process: SimulatedProcess;
  accept(wire: ServerWire): void;
  /** Looks at each message before it leaves. */
  readonly onSend: (message: Buffer) => void;
}

export class Network {
  readonly world: World;
  listener: Listener | undefined;

  constructor(world: World) {
    this.world = world;
  }

  dialer(kind: 'ws' | 'grpc', road: Road, process: SimulatedProcess): Dialer {
    return {
      kind,
      authority: AUTHORITY,
      dial: (signal) => this.#dial(kind, road, process, signal),
    };
  }

  async #dial(
    kind: 'ws' | 'grpc',
    road: Road,
    process: SimulatedProcess,
    signal: AbortSignal,
  ): Promise<Channel> {
    throwIfAborted(signal);
    const codec = await loadCodec();
    await untilAborted(process.pass(`dial ${kind}`, this.world.between(1, 40)), signal);
    if (road.weather !== 'fair') {
      await process.clock.sleep(DIAL_TIMEOUT_MS, signal);
      throw new RunnerError('NETWORK_TIMEOUT', 'the simulated network does not answer');
    }
    if (road.broken.has(kind))
      throw new RunnerError(
        'PROTOCOL_VIOLATION',
        `a simulated middlebox does not let ${kind} through`,
      );
    const { listener } = this;
    if (listener?.process.alive !== true)
      throw new RunnerError('NETWORK_UNREACHABLE', 'nobody listens');
    const connection = new Connection(this.world, kind, road, process, listener);
    const channel = new FramedChannel(kind, connection.clientWire, codec, process.clock);
    connection.open(channel);
    return channel;
  }
}

interface Message {
  readonly bytes: Buffer;
  readonly index: number;
}

/** One connection between two processes: messages in order, each way with its own delays. */
export class Connection {
  readonly kind: 'ws' | 'grpc';
  readonly #world: World;
  readonly #road: Road;
  readonly #client: SimulatedProcess;
  readonly #listener: Listener;
  readonly #inbox = new Inbox(
    () => undefined,
    () => undefined,
  );
  readonly #serverClosed = Promise.withResolvers<void>();
  readonly #waiting: Record<Direction, (() => void)[]> = { up: [], down: [] };
  readonly #dead: Record<Direction, boolean> = { up: false, down: false };
  readonly #sent: Record<Direction, number> = { up: 0, down: 0 };
  readonly #lastArrival: Record<Direction, number> = { up: 0, down: 0 };
  #channel: FramedChannel | undefined;
  #clientGone = false;
  #serverGone = false;

  constructor(
    world: World,
    kind: 'ws' | 'grpc',
    road: Road,
    client: SimulatedProcess,
    listener: Listener,
  ) {
    this.#world = world;
    this.kind = kind;
    this.#road = road;
    this.#client = client;
    this.#listener = listener;
  }

  open(channel: FramedChannel): void {
    this.#channel = channel;
    this.#road.connections.add(this);
    this.#client.onDeath((how) => this.#left('client', how));
    this.#listener.process.onDeath((how) => this.#left('server', how));
    this.#listener.process.deliver(() => this.#listener.accept(this.#serverWire()));
  }

  /** The runner's end, for a FramedChannel. */
  get clientWire(): ConstructorParameters<typeof FramedChannel>[1] {
    return {
      write: (message, taken) => {
        if (this.#client.survives('send')) this.#send('up', Buffer.from(message));
        queueMicrotask(taken);
      },
      bufferedBytes: () => 0,
      pause: () => undefined,
      resume: () => undefined,
      end: () => this.#close('client'),
      destroy: () => this.#close('client'),
    };
  }

  #serverWire(): ServerWire {
    return {
      kind: this.kind,
      messages: this.#inbox,
      closed: this.#serverClosed.promise,
      send: (message) => {
        if (!this.#listener.process.survives('send')) return;
        this.#listener.onSend(message);
        this.#send('down', message);
      },
      close: () => {
        this.#inbox.end();
        this.#close('server');
      },
    };
  }

  /** What was held arrives, unless it was lost. */
  goOn(): void {
    for (const direction of ['up', 'down'] as const) {
      const waiting = this.#waiting[direction].splice(0);
      for (const arrive of waiting) this.#arriveLater(direction, arrive);
    }
  }

  reset(why: string): void {
    const error = new RunnerError('NETWORK_RESET', why);
    this.#dead.up = true;
    this.#dead.down = true;
    this.#client.deliver(() => this.#endClient(error));
    this.#listener.process.deliver(() => this.#endServer());
  }

  #send(direction: Direction, bytes: Buffer): void {
    const message = { bytes, index: this.#sent[direction]++ };
    this.#move(direction, () => this.#arrive(direction, message));
    // The handshake itself is said once: a second hello or welcome ends a session by the rules.
    if (
      message.index >= 2 &&
      this.#road.duplicates > 0 &&
      this.#world.chance(this.#road.duplicates)
    )
      this.#move(direction, () => this.#arrive(direction, message));
  }

  #move(direction: Direction, arrive: () => void): void {
    if (this.#road.loses(direction)) this.#dead[direction] = true;
    if (this.#dead[direction]) return;
    if (this.#road.weather === 'held') this.#waiting[direction].push(arrive);
    else this.#arriveLater(direction, arrive);
  }

  #arriveLater(direction: Direction, arrive: () => void): void {
    const at = Math.max(
      this.#lastArrival[direction],
      this.#world.elapsed + this.#world.between(0.5, 15),
    );
    this.#lastArrival[direction] = at;
    this.#world.after(at - this.#world.elapsed, () => {
      if (this.#dead[direction]) return;
      if (this.#road.loses(direction)) this.#dead[direction] = true;
      else if (this.#road.weather === 'held') this.#waiting[direction].push(arrive);
      else arrive();
    });
  }

  #arrive(direction: Direction, { bytes, index }: Message): void {
    const to = direction === 'up' ? this.#listener.process : this.#client;
    to.deliver(() => {
      this.#world.note(
        `${this.#client.name} ${direction} ${FRAMES[(bytes[0] ?? 0) >> 3] ?? 'frame'} ${index} ${bytes.length} ${crc32(bytes)}`,
      );
      if (direction === 'down' && !this.#clientGone) this.#channel?.received(bytes);
      else if (direction === 'up' && !this.#serverGone) this.#inbox.push(bytes);
    });
  }

  /** One side says goodbye; the other hears of it if the road lets it. */
  #close(side: 'client' | 'server'): void {
    if (side === 'client') {
      this.#world.after(0, () => this.#client.deliver(() => this.#endClient(undefined)));
      this.#move('up', () => this.#listener.process.deliver(() => this.#endServer()));
    } else {
      this.#world.after(0, () => this.#listener.process.deliver(() => this.#endServer()));
      this.#move('down', () => this.#client.deliver(() => this.#endClient(undefined)));
    }
  }

  #endClient(error: RunnerError | undefined): void {
    if (this.#clientGone) return;
    this.#clientGone = true;
    this.#forget();
    this.#channel?.ended(error);
  }

  #endServer(): void {
    if (this.#serverGone) return;
    this.#serverGone = true;
    this.#forget();
    this.#inbox.end();
    this.#serverClosed.resolve();
  }

  #forget(): void {
    if (this.#clientGone && this.#serverGone) this.#road.connections.delete(this);
  }

  /** A process died: its system says so for it, unless that is gone too. */
  #left(side: 'client' | 'server', how: string): void {
    if (side === 'client') this.#clientGone = true;
    else this.#serverGone = true;
    this.#forget();
    if (how === 'power cut') return;
    if (side === 'client')
      this.#move('up', () => this.#listener.process.deliver(() => this.#endServer()));
    else
      this.#move('down', () =>
        this.#client.deliver(() =>
          this.#endClient(new RunnerError('NETWORK_RESET', 'the other side died')),
        ),
      );
  }
}

import { crc32 } from 'node:zlib';
import { Inbox, type Wire as ServerWire } from '../../control-plane/src/link/wire.ts';
import type { NetworkChannel } from '../../foundation/src/network/channel-kind.ts';
import type { FramedChannel } from '../../src/channel/framed-channel.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import type { SimulatedProcess } from './process.ts';
import type { Direction, Route, RouteUser } from './route.ts';
import type { World } from './world.ts';

/** Frame names by field number of the proto. */
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

/** The process that accepts connections. */
export interface Listener {
  readonly process: SimulatedProcess;
  accept(wire: ServerWire): void;
  /** Called with each message before it is sent. */
  readonly onSend: (message: Buffer) => void;
}

interface Message {
  readonly bytes: Buffer;
  readonly index: number;
}

/** One connection between two processes: messages in order, with separate delays per direction. */
export class Connection implements RouteUser {
  readonly kind: NetworkChannel;
  readonly #world: World;
  readonly #route: Route;
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
    kind: NetworkChannel,
    route: Route,
    client: SimulatedProcess,
    listener: Listener,
  ) {
    this.#world = world;
    this.kind = kind;
    this.#route = route;
    this.#client = client;
    this.#listener = listener;
  }

  open(channel: FramedChannel): void {
    this.#channel = channel;
    this.#route.connections.add(this);
    this.#client.onDeath((how) => this.#died('client', how));
    this.#listener.process.onDeath((how) => this.#died('server', how));
    this.#listener.process.deliver(() => this.#listener.accept(this.#serverWire()));
  }

  /** The runner's end, for a FramedChannel. */
  get clientWire(): ConstructorParameters<typeof FramedChannel>[1] {
    return {
      write: (message, taken) => {
        if (this.#client.survives('send')) this.#send('up', Buffer.concat(message));
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
      expect: () => undefined,
      close: () => {
        this.#inbox.end();
        this.#close('server');
      },
    };
  }

  release(): void {
    for (const direction of ['up', 'down'] as const) {
      const waiting = this.#waiting[direction].splice(0);
      for (const arrive of waiting) this.#arriveLater(direction, arrive);
    }
  }

  reset(reason: string): void {
    const error = new RunnerError('NETWORK_RESET', reason);
    this.#dead.up = true;
    this.#dead.down = true;
    this.#client.deliver(() => this.#endClient(error));
    this.#listener.process.deliver(() => this.#endServer());
  }

  #send(direction: Direction, bytes: Buffer): void {
    const message = { bytes, index: this.#sent[direction]++ };
    this.#move(direction, () => this.#arrive(direction, message));
    // The handshake is never duplicated: a second hello or welcome ends a session.
    if (
      message.index >= 2 &&
      this.#route.duplicates > 0 &&
      this.#world.chance(this.#route.duplicates)
    )
      this.#move(direction, () => this.#arrive(direction, message));
  }

  #move(direction: Direction, arrive: () => void): void {
    if (this.#route.loses(direction)) this.#dead[direction] = true;
    if (this.#dead[direction]) return;
    if (this.#route.condition === 'held') this.#waiting[direction].push(arrive);
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
      if (this.#route.loses(direction)) this.#dead[direction] = true;
      else if (this.#route.condition === 'held') this.#waiting[direction].push(arrive);
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

  /** One side closes the connection; the other notices if the route lets it. */
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
    if (this.#clientGone && this.#serverGone) this.#route.connections.delete(this);
  }

  /** A process died: its operating system closes the connection, except after a power cut. */
  #died(side: 'client' | 'server', how: string): void {
    if (side === 'client') this.#clientGone = true;
    else this.#serverGone = true;
    this.#forget();
    if (how === 'power cut') return;
    if (side === 'client')
      this.#move('up', () => this.#listener.process.deliver(() => this.#endServer()));
    else
      this.#move('down', () =>
        this.#client.deliver(() =>
          this.#endClient(new RunnerError('NETWORK_RESET', 'the peer died')),
        ),
      );
  }
}

import type { NetworkChannel } from '../../foundation/src/network/channel-kind.ts';
import type { Channel, Dialer } from '../../src/channel/channel.ts';
import { loadCodec } from '../../src/channel/codec.ts';
import { FramedChannel } from '../../src/channel/framed-channel.ts';
import { throwIfAborted, untilAborted } from '../../foundation/src/runtime/abort.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { Connection, type Listener } from './connection.ts';
import type { SimulatedProcess } from './process.ts';
import type { Route } from './route.ts';
import type { World } from './world.ts';

export const AUTHORITY = 'plane.example.com:443';

const DIAL_TIMEOUT_MS = 4_000;

export class Network {
  readonly world: World;
  listener: Listener | undefined;

  constructor(world: World) {
    this.world = world;
  }

  dialer(kind: NetworkChannel, route: Route, process: SimulatedProcess): Dialer {
    return {
      kind,
      authority: AUTHORITY,
      dial: (signal) => this.#dial(kind, route, process, signal),
    };
  }

  async #dial(
    kind: NetworkChannel,
    route: Route,
    process: SimulatedProcess,
    signal: AbortSignal,
  ): Promise<Channel> {
    throwIfAborted(signal);
    const codec = await loadCodec();
    await untilAborted(process.pass(`dial ${kind}`, this.world.between(1, 40)), signal);
    if (route.condition !== 'normal') {
      await process.clock.sleep(DIAL_TIMEOUT_MS, signal);
      throw new RunnerError('NETWORK_TIMEOUT', 'the simulated network is down');
    }
    if (route.broken.has(kind))
      throw new RunnerError('PROTOCOL_VIOLATION', `a simulated middlebox blocks ${kind}`);
    const { listener } = this;
    if (listener?.process.alive !== true)
      throw new RunnerError('NETWORK_UNREACHABLE', 'no process listens');
    const connection = new Connection(this.world, kind, route, process, listener);
    const channel = new FramedChannel(kind, connection.clientWire, codec, process.clock);
    connection.open(channel);
    return channel;
  }
}

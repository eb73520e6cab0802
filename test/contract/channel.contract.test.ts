import type { NetworkChannel } from '../../foundation/src/network/channel-kind.ts';
import { MemoryDialer, type MemoryWire } from '../../src/channel/memory.ts';
import { systemClock } from '../../foundation/src/runtime/clock.ts';
import { channelContract, type ChannelHarness, type Peer } from './channel.contract.ts';
import { Mailbox } from './channel.servers.ts';
import { NetworkStage } from './channel.stage.ts';

async function overNetwork(kind: NetworkChannel): Promise<ChannelHarness> {
  const stage = await NetworkStage.open(kind);
  return { dialer: stage.dialer(), accepted: () => stage.accepted(), close: () => stage.close() };
}

async function inMemory(): Promise<ChannelHarness> {
  const ends = Promise.withResolvers<Peer>();
  const dialer = new MemoryDialer('plane.test:443', systemClock, (wire) =>
    ends.resolve(memoryPeer(wire)),
  );
  return { dialer, accepted: () => ends.promise, close: async () => undefined };
}

function memoryPeer(wire: MemoryWire): Peer {
  const mailbox = new Mailbox();
  wire.attach({
    received: (message) => mailbox.push(Buffer.from(message)),
    ended: () => mailbox.end(),
  });
  return {
    next: () => mailbox.next(),
    closed: mailbox.closed,
    send: (message) => wire.write([message], () => undefined),
    pause: () => wire.pause(),
    resume: () => wire.resume(),
    end: () => wire.end(),
    cut: () => wire.destroy(),
  };
}

channelContract('WebSocket', () => overNetwork('ws'));
channelContract('gRPC', () => overNetwork('grpc'));
channelContract('memory', inMemory);

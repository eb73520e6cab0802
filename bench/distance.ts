import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { creditFor } from '../control-plane/src/link/credit.ts';
import { type NetworkChannel, NETWORK_CHANNELS } from '../foundation/src/network/channel-kind.ts';
import { NEVER } from '../foundation/src/runtime/abort.ts';
import type { Channel } from '../src/channel/channel.ts';
import { loadCodec } from '../src/channel/codec.ts';
import { CreditWindow } from '../src/link/delivery/credit-window.ts';
import { NetworkStage } from '../test/contract/channel.stage.ts';
import type { Peer } from '../test/contract/channel.contract.ts';
import { batchOf, BATCH_BYTES } from './channel.ts';

const BATCHES = 600;
const ROUND_TRIPS_MS = [50, 200] as const;

/**
 * Batches over each kind of channel through a relay that delays every byte, with the credit of a
 * control plane that acknowledges at once; megabytes a second.
 */
export async function benchDistance(): Promise<Record<string, number>> {
  const figures: Record<string, number> = {};
  for (const roundTripMs of ROUND_TRIPS_MS)
    for (const kind of NETWORK_CHANNELS)
      figures[`channel_${kind}_${roundTripMs}ms`] = await throughRelay(kind, roundTripMs);
  return figures;
}

async function throughRelay(kind: NetworkChannel, roundTripMs: number): Promise<number> {
  const creditBytes = creditFor(roundTripMs);
  // As a control plane widens it: windows are renewed when half of them is used up.
  const stage = await NetworkStage.open(kind, 2 * creditBytes);
  const relay = await Relay.start(stage.server.port, roundTripMs / 2);
  try {
    const dialer = stage.dialer({ port: relay.port });
    const [near, far] = await Promise.all([dialer.dial(NEVER), stage.accepted()]);
    const started = performance.now();
    await Promise.all([sendAll(near, creditBytes), acknowledgeAll(far)]);
    const seconds = (performance.now() - started) / 1000;
    await near.close('done');
    return (BATCH_BYTES * BATCHES) / 1e6 / seconds;
  } finally {
    await stage.close();
    relay.close();
  }
}

/** Ends when everything is acknowledged. */
async function sendAll(near: Channel, creditBytes: number): Promise<void> {
  const window = new CreditWindow(creditBytes);
  const payload = Buffer.alloc(BATCH_BYTES, 'salesforce metadata ');
  const acknowledged = releaseAcknowledged(near, window);
  for (let sequence = 1; sequence <= BATCHES; sequence++) {
    await window.take(BATCH_BYTES, NEVER);
    await near.send(batchOf(sequence, payload), NEVER);
  }
  await acknowledged;
}

async function releaseAcknowledged(near: Channel, window: CreditWindow): Promise<void> {
  for await (const frame of near.frames()) {
    if (frame.kind !== 'ack') continue;
    window.release(BATCH_BYTES);
    if (frame.body.upTo === BATCHES) return;
  }
}

async function acknowledgeAll(far: Peer): Promise<void> {
  const codec = await loadCodec();
  for (let upTo = 1; upTo <= BATCHES; upTo++) {
    await far.next();
    far.send(codec.encode({ kind: 'ack', body: { ref: null, upTo } }));
  }
}

/** Passes bytes on unchanged, each so much later, and limits nothing else. */
class Relay {
  readonly port: number;
  readonly #close: () => void;

  private constructor(port: number, close: () => void) {
    this.port = port;
    this.#close = close;
  }

  static async start(target: number, delayMs: number): Promise<Relay> {
    const sockets: Socket[] = [];
    const server = createServer((near) => {
      const far = connect(target, '127.0.0.1');
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const)
        delayed(from, to, delayMs);
      sockets.push(near, far);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Relay((server.address() as AddressInfo).port, () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
  }

  close(): void {
    this.#close();
  }
}

function delayed(from: Socket, to: Socket, delayMs: number): void {
  from.setNoDelay(true);
  from.on('error', () => undefined);
  from.on('data', (chunk: Buffer) => setTimeout(() => to.write(chunk), delayMs));
  from.on('close', () => setTimeout(() => to.destroy(), delayMs));
}

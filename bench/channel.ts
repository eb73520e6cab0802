import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { type NetworkChannel, NETWORK_CHANNELS } from '../foundation/src/network/channel-kind.ts';
import { NEVER } from '../foundation/src/runtime/abort.ts';
import type { Frame } from '../src/channel/frames.ts';
import { NetworkStage, authority, HOST } from '../test/contract/channel.stage.ts';
import { median } from './measure.ts';

export const BATCH_BYTES = 100_000;
const BATCHES = 1_000;
const ROUNDS = 3;

/**
 * Delivery-sized batches through each kind of channel, and the same bytes through a bare TLS
 * socket, in turn; megabytes a second.
 */
export async function benchChannel(): Promise<Record<string, number>> {
  const payload = Buffer.alloc(BATCH_BYTES, 'salesforce metadata ');
  const raw: number[] = [];
  const speeds = { ws: [] as number[], grpc: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    raw.push(await rawSocket(payload));
    for (const kind of NETWORK_CHANNELS) speeds[kind].push(await channel(kind, payload));
  }
  const against = (kind: NetworkChannel): number =>
    median(speeds[kind].map((speed, round) => speed / raw[round]!));
  return {
    channel_ws_vs_tls_socket: against('ws'),
    channel_grpc_vs_tls_socket: against('grpc'),
    channel_ws_mb_per_s: median(speeds.ws),
    channel_grpc_mb_per_s: median(speeds.grpc),
    tls_socket_mb_per_s: median(raw),
  };
}

async function channel(kind: NetworkChannel, payload: Uint8Array): Promise<number> {
  const stage = await NetworkStage.open(kind);
  try {
    const [near, far] = await Promise.all([stage.dialer().dial(NEVER), stage.accepted()]);
    const started = performance.now();
    const sending = sendAll(near, payload);
    for (let received = 0; received < BATCHES; received++) await far.next();
    await sending;
    const seconds = (performance.now() - started) / 1000;
    await near.close('done');
    return megabytes() / seconds;
  } finally {
    await stage.close();
  }
}

async function sendAll(
  near: Awaited<ReturnType<ReturnType<NetworkStage['dialer']>['dial']>>,
  payload: Uint8Array,
): Promise<void> {
  for (let sequence = 1; sequence <= BATCHES; sequence++)
    await near.send(batchOf(sequence, payload), NEVER);
}

export function batchOf(sequence: number, payload: Uint8Array): Frame {
  return {
    kind: 'batch',
    body: {
      ref: { runId: 'bench', attempt: 1, epoch: 1 },
      firstSequence: sequence,
      count: 1,
      codec: 'CODEC_NONE',
      crc32: 0,
      rawBytes: payload.length,
      payload,
      last: false,
    },
  };
}

async function rawSocket(payload: Uint8Array): Promise<number> {
  const { certPem, keyPem } = await (await authority()).issue([HOST]);
  let received = 0;
  const arrived = Promise.withResolvers<void>();
  const server = tls.createServer({ cert: certPem, key: keyPem }, (socket) => {
    socket.on('data', (chunk) => {
      received += chunk.length;
      if (received >= BATCH_BYTES * BATCHES) arrived.resolve();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = tls.connect({
    port: (server.address() as AddressInfo).port,
    host: '127.0.0.1',
    servername: HOST,
    ca: (await authority()).caPem,
  });
  await once(socket, 'secureConnect');
  const started = performance.now();
  for (let batch = 0; batch < BATCHES; batch++)
    if (!socket.write(payload)) await once(socket, 'drain');
  await arrived.promise;
  const seconds = (performance.now() - started) / 1000;
  socket.destroy();
  server.close();
  return megabytes() / seconds;
}

function megabytes(): number {
  return (BATCH_BYTES * BATCHES) / 1e6;
}

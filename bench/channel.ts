import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import tls from 'node:tls';
import { z } from 'zod';
import { type NetworkChannel, NETWORK_CHANNELS } from '../foundation/src/network/channel-kind.ts';
import { NEVER } from '../foundation/src/runtime/abort.ts';
import type { Frame } from '../src/channel/frames.ts';
import { NODE_OPTIONS } from '../scripts/bundle/control-plane.ts';
import { authority, dialerTo, HOST } from '../test/contract/channel.stage.ts';

export const BATCH_BYTES = 100_000;
const BATCHES = 1_000;
const ROUNDS = 7;

const Ready = z.object({ channelPort: z.number(), barePort: z.number() });
type Ports = z.infer<typeof Ready>;

/**
 * Delivery-sized batches through each kind of channel to the port of a control plane, and the same
 * bytes through a bare TLS socket, in turn; megabytes a second, the fastest of several rounds each.
 * The receiving ends are a process of their own.
 */
export async function benchChannel(): Promise<Record<string, number>> {
  const payload = Buffer.alloc(BATCH_BYTES, 'salesforce metadata ');
  const raw: number[] = [];
  const speeds = { ws: [] as number[], grpc: [] as number[] };
  const far = fork(join(import.meta.dirname, 'channel-far.ts'), [], {
    serialization: 'json',
    execArgv: [NODE_OPTIONS],
  });
  try {
    const ports = await prepare(far);
    for (let round = 0; round < ROUNDS; round++) {
      raw.push(await rawSocket(far, ports.barePort, payload));
      for (const kind of NETWORK_CHANNELS)
        speeds[kind].push(await channel(far, kind, ports.channelPort, payload));
    }
  } finally {
    far.kill();
  }
  const [ws, grpc, bare] = [speeds.ws, speeds.grpc, raw].map((each) => Math.max(...each));
  return {
    channel_ws_vs_tls_socket: ws! / bare!,
    channel_grpc_vs_tls_socket: grpc! / bare!,
    channel_ws_mb_per_s: ws!,
    channel_grpc_mb_per_s: grpc!,
    tls_socket_mb_per_s: bare!,
  };
}

async function prepare(far: ChildProcess): Promise<Ports> {
  const { certPem: cert, keyPem: key } = await (await authority()).issue([HOST]);
  far.send({ cert, key, batches: BATCHES, batchBytes: BATCH_BYTES });
  return Ready.parse(await reportOf(far));
}

async function reportOf(far: ChildProcess): Promise<unknown> {
  const [message] = (await once(far, 'message')) as [unknown];
  return message;
}

async function channel(
  far: ChildProcess,
  kind: NetworkChannel,
  port: number,
  payload: Uint8Array,
): Promise<number> {
  const near = await dialerTo(kind, (await authority()).caPem, { port }).dial(NEVER);
  const arrived = reportOf(far);
  const started = performance.now();
  for (let sequence = 1; sequence <= BATCHES; sequence++)
    await near.send(batchOf(sequence, payload), NEVER);
  await arrived;
  const seconds = (performance.now() - started) / 1000;
  await near.close('done');
  return megabytes() / seconds;
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

async function rawSocket(far: ChildProcess, port: number, payload: Uint8Array): Promise<number> {
  const { caPem: ca } = await authority();
  const socket = tls.connect({ port, host: '127.0.0.1', servername: HOST, ca });
  await once(socket, 'secureConnect');
  const arrived = reportOf(far);
  const started = performance.now();
  for (let batch = 0; batch < BATCHES; batch++)
    if (!socket.write(payload)) await once(socket, 'drain');
  await arrived;
  const seconds = (performance.now() - started) / 1000;
  socket.destroy();
  return megabytes() / seconds;
}

function megabytes(): number {
  return (BATCH_BYTES * BATCHES) / 1e6;
}

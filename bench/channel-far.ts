/**
 * The receiving end of bench/channel.ts, in a process of its own: the port of the control plane,
 * which decodes each frame, and a bare TLS server, which
 * only puts messages together.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { z } from 'zod';
import { decode } from '../control-plane/src/link/codec.ts';
import type { Wire } from '../control-plane/src/link/wire.ts';
import { Port } from '../control-plane/src/server/port.ts';

const Start = z.object({
  cert: z.string(),
  key: z.string(),
  batches: z.number(),
  batchBytes: z.number(),
});
type Start = z.infer<typeof Start>;

/** Reports each time that everything has arrived over one connection. */
async function receive({ cert, key, batches, batchBytes }: Start): Promise<void> {
  const port = new Port({
    cert,
    key,
    onFirstConnection: () => undefined,
    accept: (wire) => void receiveFrames(wire, batches),
    answer: (_request, response) => void response.end(),
  });
  const bare = tls.createServer({ cert, key }, (socket) => {
    receiveBytes(socket, batches, batchBytes);
    socket.on('error', () => socket.destroy());
  });
  bare.listen(0, '127.0.0.1');
  await once(bare, 'listening');
  report('ready', {
    channelPort: await port.listen('127.0.0.1', 0),
    barePort: (bare.address() as AddressInfo).port,
  });
}

/** Makes messages of what arrives, as every reader has to. */
function receiveBytes(socket: Duplex, batches: number, batchBytes: number): void {
  let missing = batches;
  let message = Buffer.allocUnsafeSlow(batchBytes);
  let arrived = 0;
  socket.on('data', (chunk: Buffer) => {
    for (let used = 0; used < chunk.length;) {
      const copied = chunk.copy(message, arrived, used);
      used += copied;
      arrived += copied;
      if (arrived < batchBytes) return;
      message = Buffer.allocUnsafeSlow(batchBytes);
      arrived = 0;
      if (--missing === 0) report('arrived');
    }
  });
}

async function receiveFrames(wire: Wire, batches: number): Promise<void> {
  let missing = batches;
  for await (const message of wire.messages) {
    if (decode(message)?.kind === 'batch') missing--;
    if (missing === 0) report('arrived');
  }
  wire.close('done');
}

function report(text: string, ports: object = {}): void {
  process.send!({ report: text, ...ports });
}

process.once('message', (message) => void receive(Start.parse(message)));
process.on('disconnect', () => process.exit());

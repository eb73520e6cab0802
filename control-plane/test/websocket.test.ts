import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { MAX_FRAME_BYTES } from '../src/link/codec.ts';
import { WEBSOCKET_PATH, WebSocketEndpoint } from '../src/link/websocket.ts';
import type { Wire } from '../src/link/wire.ts';

describe('the WebSocket endpoint', () => {
  let server: Server;
  let client: WebSocket;
  /** The client's. */
  let connection: Socket;
  let wire: Wire;

  beforeEach(async () => {
    const accepted = Promise.withResolvers<Wire>();
    const endpoint = new WebSocketEndpoint(accepted.resolve);
    server = createServer();
    server.on('upgrade', (request, socket, head) => endpoint.upgrade(request, socket, head));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    client = new WebSocket(`ws://127.0.0.1:${port}${WEBSOCKET_PATH}`, 'hybrid.runner.v1');
    client.on('error', () => undefined);
    client.once('upgrade', ({ socket }) => (connection = socket));
    [wire] = await Promise.all([accepted.promise, once(client, 'open')]);
  });

  afterEach(() => {
    client.terminate();
    server.close();
  });

  async function received(): Promise<string[]> {
    const messages: string[] = [];
    for await (const message of wire.messages) messages.push(message.toString());
    return messages;
  }

  async function closeCode(): Promise<number> {
    const [code] = (await once(client, 'close')) as [number];
    return code;
  }

  it('reads messages until the client closes, also one in several frames', async () => {
    client.send('first', { binary: true });
    client.send('in several ', { binary: true, fin: false });
    client.send('frames', { binary: true, fin: true });
    client.send('last', { binary: true });
    const closed = closeCode();
    client.close(1000);
    expect(await received()).toEqual(['first', 'in several frames', 'last']);
    expect(await closed).toBe(1000);
    await wire.closed;
  });

  it('answers a ping between messages', async () => {
    const answered = once(client, 'pong');
    client.send('before', { binary: true });
    client.ping('are you there');
    client.send('after', { binary: true });
    expect(String((await answered)[0])).toBe('are you there');
    client.close(1000);
    expect(await received()).toEqual(['before', 'after']);
  });

  it('reads no message of a client that has sent a close', async () => {
    const closed = wire.closed;
    client.send('before', { binary: true });
    client.close(1000);
    connection.write(Buffer.from('828100000000ff', 'hex'));
    expect(await received()).toEqual(['before']);
    await closed;
  });

  it.each([
    [1003, 'a text message', () => client.send('text', { binary: false })],
    [1009, 'a message over the limit', () => client.send(Buffer.alloc(MAX_FRAME_BYTES + 1))],
    [1002, 'a frame without a mask', () => client.send('bare', { binary: true, mask: false })],
  ])('closes with %i after %s', async (code, _what, send) => {
    const closed = closeCode();
    send();
    expect(await closed).toBe(code);
    expect(await received()).toEqual([]);
  });

  it('closes after the messages that it has queued', async () => {
    const answers: string[] = [];
    client.on('message', (data: Buffer) => answers.push(data.toString()));
    const closed = closeCode();
    wire.send(Buffer.from('one'));
    wire.send(Buffer.from('two'));
    wire.close('the control plane ends');
    expect(await closed).toBe(1001);
    expect(answers).toEqual(['one', 'two']);
    await wire.closed;
  });
});

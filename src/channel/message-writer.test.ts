import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { MessageWriter } from './message-writer.ts';

/** A connection that takes one write at a time, when it is told to. */
class SlowConnection extends Duplex {
  readonly written: Buffer[] = [];
  #taken: (() => void) | undefined;

  constructor() {
    // A second write would wait here.
    super({ highWaterMark: 1 });
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, taken: () => void): void {
    this.written.push(Buffer.from(chunk));
    this.#taken = taken;
  }

  async takeIt(): Promise<void> {
    this.#taken?.();
    await new Promise(setImmediate);
  }
}

function payloadOf(frame: Buffer): string {
  return Buffer.from(
    frame.subarray(6).map((byte, index) => byte ^ frame[2 + (index & 3)]!),
  ).toString();
}

describe('a writer of messages', () => {
  it('gives the connection a message when it has taken the one before', async () => {
    const connection = new SlowConnection();
    const writer = new MessageWriter(connection);
    const taken: string[] = [];
    for (const text of ['one', 'two', 'three'])
      writer.write([Buffer.from(text)], () => taken.push(text));
    writer.end(() => taken.push('end'));
    expect([connection.written.length, connection.writableLength > 9, writer.bytes]).toEqual([
      1,
      false,
      11,
    ]);
    for (let index = 0; index < 3; index++) await connection.takeIt();
    expect(connection.written.map(payloadOf)).toEqual(['one', 'two', 'three']);
    expect(taken).toEqual(['one', 'two', 'three', 'end']);
    expect(writer.bytes).toBe(0);
  });

  it('ends at once when nothing waits', () => {
    let ended = false;
    new MessageWriter(new SlowConnection()).end(() => (ended = true));
    expect(ended).toBe(true);
  });

  it('writes nothing to a connection that has been ended', async () => {
    const connection = new SlowConnection();
    const writer = new MessageWriter(connection);
    connection.end();
    await new Promise<void>((resolve) => writer.write([Buffer.from('late')], resolve));
    expect([connection.written, writer.bytes]).toEqual([[], 0]);
  });

  it('is done with what a connection that closes does not take', async () => {
    const server = createServer((socket) => socket.pause()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const connection = connect((server.address() as AddressInfo).port, '127.0.0.1');
    await once(connection, 'connect');
    const writer = new MessageWriter(connection);
    const large = Buffer.alloc(16 * 1024 * 1024);
    let taken = 0;
    for (let index = 0; index < 3; index++) writer.write([large], () => (taken += 1));
    const ended = new Promise<void>((resolve) => writer.end(resolve));
    expect(writer.bytes).toBe(3 * large.length);
    connection.destroy();
    await ended;
    await new Promise<void>((resolve) => writer.write([large], resolve));
    expect([taken, writer.bytes]).toEqual([3, 0]);
    server.close();
  });
});

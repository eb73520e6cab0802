import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NEVER } from '../../foundation/src/runtime/abort.ts';
import type { Channel, Dialer } from '../../src/channel/channel.ts';
import { loadCodec, MAX_FRAME_BYTES } from '../../src/channel/codec.ts';
import type { Frame } from '../../src/channel/frames.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';

/** The control plane's end of a channel: whole messages as bytes. */
export interface Peer {
  next(): Promise<Uint8Array>;
  /** Resolves when the runner's end has closed. */
  readonly closed: Promise<void>;
  send(message: Uint8Array): void;
  pause(): void;
  resume(): void;
  /** Closes normally. */
  end(): void;
  /** Breaks the connection. */
  cut(): void;
  /** Sends a text message, where the transport has them. */
  text?(): void;
  /** Writes bytes without the transport's framing, where that is possible. */
  raw?(bytes: Uint8Array): void;
}

export interface PeerServer {
  readonly port: number;
  onEnd(accept: (end: Peer) => void): void;
  close(): Promise<void>;
}

export interface ChannelHarness {
  readonly dialer: Dialer;
  /** The peer of the next channel that is dialed. */
  accepted(): Promise<Peer>;
  close(): Promise<void>;
}

export function batch(firstSequence: number, size = 0): Frame {
  const payload = Buffer.alloc(size, 7);
  return {
    kind: 'batch',
    body: {
      ref: { runId: 'run-1', attempt: 1, epoch: 2 ** 40 },
      firstSequence,
      count: 1,
      codec: 'CODEC_NONE',
      crc32: 4_294_967_295,
      rawBytes: size,
      payload,
      last: false,
    },
  };
}

export async function collect(channel: Channel): Promise<Frame[]> {
  const frames: Frame[] = [];
  for await (const frame of channel.frames()) frames.push(frame);
  return frames;
}

export async function errorOf(work: Promise<unknown>): Promise<RunnerError> {
  try {
    await work;
  } catch (thrown) {
    return RunnerError.from(thrown);
  }
  throw new Error('expected an error');
}

/** The contract of every channel, over any transport. */
export function channelContract(name: string, open: () => Promise<ChannelHarness>): void {
  describe(`${name} channel`, () => {
    let harness: ChannelHarness;
    let channel: Channel;
    let peer: Peer;

    beforeEach(async () => {
      harness = await open();
      [channel, peer] = await Promise.all([harness.dialer.dial(NEVER), harness.accepted()]);
    });

    afterEach(async () => {
      await channel.close('test over');
      await harness.close();
    });

    it('transports frames in both directions, in order and unchanged', async () => {
      const { encode } = await loadCodec();
      const received: string[] = [];
      const reading = (async () => {
        for await (const frame of channel.frames())
          if (received.push(digest(encode(frame))) === 200) return;
      })();
      for (let index = 1; index <= 200; index++) {
        await channel.send(batch(index, index * 37), NEVER);
        peer.send(encode(batch(index, index * 11)));
      }
      const sent: string[] = [];
      for (let index = 1; index <= 200; index++) sent.push(digest(await peer.next()));
      await reading;
      expect(sent).toEqual(
        Array.from({ length: 200 }, (_, index) =>
          digest(encode(batch(index + 1, (index + 1) * 37))),
        ),
      );
      expect(received).toEqual(
        Array.from({ length: 200 }, (_, index) =>
          digest(encode(batch(index + 1, (index + 1) * 11))),
        ),
      );
    });

    it('transports a batch of the maximum size', async () => {
      const { encode } = await loadCodec();
      await channel.send(batch(1, 1024 * 1024), NEVER);
      expect(digest(await peer.next())).toBe(digest(encode(batch(1, 1024 * 1024))));
    });

    it('counts the bytes of frames', async () => {
      const { encode } = await loadCodec();
      await channel.send(batch(1, 1_000), NEVER);
      peer.send(encode(batch(1, 500)));
      for await (const _ of channel.frames()) break;
      expect(channel.traffic()).toEqual({
        sent: encode(batch(1, 1_000)).length,
        received: encode(batch(1, 500)).length,
      });
    });

    it('makes the sender wait while the peer does not read', async () => {
      peer.pause();
      let sent = 0;
      const stop = new AbortController();
      const sending = (async () => {
        for (; sent < 400; sent++) await channel.send(batch(sent + 1, 256 * 1024), stop.signal);
      })();
      await settled(() => sent);
      expect(sent).toBeLessThan(250);
      peer.resume();
      for (let index = 0; index < 400; index++) await peer.next();
      await sending;
    });

    it('releases a waiting sender when its signal aborts', async () => {
      peer.pause();
      const stop = new AbortController();
      const sending = errorOf(
        (async () => {
          for (;;) await channel.send(batch(1, 256 * 1024), stop.signal);
        })(),
      );
      setTimeout(() => stop.abort(new RunnerError('CANCELLED', 'enough')), 200);
      expect((await sending).code).toBe('CANCELLED');
      peer.resume();
    });

    it('ends its frames after the last one when the peer closes normally', async () => {
      const { encode } = await loadCodec();
      for (let index = 1; index <= 5; index++) peer.send(encode(batch(index)));
      peer.end();
      expect(await collect(channel)).toHaveLength(5);
      expect((await errorOf(channel.send(batch(1), NEVER))).code).toBe('NETWORK_RESET');
    });

    it('throws NETWORK_RESET from its frames when the connection is lost', async () => {
      const collecting = errorOf(collect(channel));
      peer.cut();
      expect((await collecting).code).toBe('NETWORK_RESET');
    });

    it('rejects a frame over the limit and stays open', async () => {
      expect((await errorOf(channel.send(batch(1, MAX_FRAME_BYTES), NEVER))).code).toBe(
        'FRAME_TOO_LARGE',
      );
      await channel.send(batch(2), NEVER);
      expect((await loadCodec()).decode(await peer.next())).toEqual(batch(2));
    });

    it('ends with FRAME_TOO_LARGE when the peer sends a frame over the limit', async () => {
      peer.send(Buffer.alloc(MAX_FRAME_BYTES + 1));
      expect((await errorOf(collect(channel))).code).toBe('FRAME_TOO_LARGE');
    });

    it('ends with PROTOCOL_VIOLATION when the peer sends a malformed frame', async () => {
      peer.send(Buffer.from('ffffffffff', 'hex'));
      expect((await errorOf(collect(channel))).code).toBe('PROTOCOL_VIOLATION');
    });

    it('passes on frames of a newer protocol as unknown', async () => {
      peer.send(Buffer.from('fa0703616263', 'hex'));
      for await (const frame of channel.frames()) {
        expect(frame).toEqual({ kind: 'unknown' });
        break;
      }
    });

    it('closes the peer too, and can be closed again', async () => {
      await channel.close('done');
      await channel.close('done again');
      await peer.closed;
      expect(await collect(channel)).toEqual([]);
      expect((await errorOf(channel.send(batch(1), NEVER))).code).toBe('NETWORK_RESET');
    });

    it('delivers frames that were sent before it was closed', async () => {
      for (let index = 1; index <= 20; index++) await channel.send(batch(index, 10_000), NEVER);
      await channel.close('done');
      const { encode } = await loadCodec();
      for (let index = 1; index <= 20; index++)
        expect(digest(await peer.next())).toBe(digest(encode(batch(index, 10_000))));
    });

    it('sends nothing when the signal has already aborted', async () => {
      expect(
        (
          await errorOf(
            channel.send(batch(1), AbortSignal.abort(new RunnerError('CANCELLED', 'late'))),
          )
        ).code,
      ).toBe('CANCELLED');
      expect(channel.traffic().sent).toBe(0);
    });

    it('does not open when the signal has already aborted', async () => {
      expect(
        (
          await errorOf(
            harness.dialer.dial(AbortSignal.abort(new RunnerError('CANCELLED', 'late'))),
          )
        ).code,
      ).toBe('CANCELLED');
    });
  });
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Waits until a number no longer changes. */
async function settled(read: () => number): Promise<void> {
  for (let last = -1; last !== read();) {
    last = read();
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}

import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Channel, Dialer } from '../../src/channel/channel.ts';
import { loadCodec, MAX_FRAME_BYTES } from '../../src/channel/codec.ts';
import type { Frame } from '../../src/channel/frames.ts';
import { RunnerError } from '../../src/runtime/errors.ts';

/** The control plane's end of a channel: whole messages, as bytes. */
export interface FarEnd {
  next(): Promise<Uint8Array>;
  /** Resolves when the runner's end is gone. */
  readonly closed: Promise<void>;
  send(message: Uint8Array): void;
  pause(): void;
  resume(): void;
  /** Closes in good order. */
  end(): void;
  /** Breaks the connection. */
  cut(): void;
  /** Sends a message of a kind that no channel has, where the transport knows one. */
  text?(): void;
  /** Writes bytes past the transport's framing, where that is possible. */
  raw?(bytes: Uint8Array): void;
}

export interface FarServer {
  readonly port: number;
  onEnd(accept: (end: FarEnd) => void): void;
  close(): Promise<void>;
}

export interface ChannelHarness {
  readonly dialer: Dialer;
  /** The far end of the next channel that is dialled. */
  accepted(): Promise<FarEnd>;
  close(): Promise<void>;
}

export const forever = new AbortController().signal;

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
  throw new Error('it did not fail');
}

/** What every channel must do, whatever carries it. */
export function channelContract(name: string, open: () => Promise<ChannelHarness>): void {
  describe(`${name}: a channel`, () => {
    let harness: ChannelHarness;
    let channel: Channel;
    let far: FarEnd;

    beforeEach(async () => {
      harness = await open();
      [channel, far] = await Promise.all([harness.dialer.dial(forever), harness.accepted()]);
    });

    afterEach(async () => {
      await channel.close('test over');
      await harness.close();
    });

    it('carries frames both ways, in order and unchanged', async () => {
      const { encode } = await loadCodec();
      const received: string[] = [];
      const reading = (async () => {
        for await (const frame of channel.frames())
          if (received.push(digest(encode(frame))) === 200) return;
      })();
      for (let index = 1; index <= 200; index++) {
        await channel.send(batch(index, index * 37), forever);
        far.send(encode(batch(index, index * 11)));
      }
      const sent: string[] = [];
      for (let index = 1; index <= 200; index++) sent.push(digest(await far.next()));
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

    it('carries a frame of the largest batch', async () => {
      const { encode } = await loadCodec();
      await channel.send(batch(1, 1024 * 1024), forever);
      expect(digest(await far.next())).toBe(digest(encode(batch(1, 1024 * 1024))));
    });

    it('counts bytes of frames', async () => {
      const { encode } = await loadCodec();
      await channel.send(batch(1, 1_000), forever);
      far.send(encode(batch(1, 500)));
      for await (const _ of channel.frames()) break;
      expect(channel.traffic()).toEqual({
        sent: encode(batch(1, 1_000)).length,
        received: encode(batch(1, 500)).length,
      });
    });

    it('makes the sender wait while the other side does not read', async () => {
      far.pause();
      let sent = 0;
      const stop = new AbortController();
      const sending = (async () => {
        for (; sent < 400; sent++) await channel.send(batch(sent + 1, 256 * 1024), stop.signal);
      })();
      await settled(() => sent);
      expect(sent).toBeLessThan(250);
      far.resume();
      for (let index = 0; index < 400; index++) await far.next();
      await sending;
    });

    it('lets go of a waiting sender when its signal fires', async () => {
      far.pause();
      const stop = new AbortController();
      const sending = errorOf(
        (async () => {
          for (;;) await channel.send(batch(1, 256 * 1024), stop.signal);
        })(),
      );
      setTimeout(() => stop.abort(new RunnerError('CANCELLED', 'enough')), 200);
      expect((await sending).code).toBe('CANCELLED');
      far.resume();
    });

    it('ends its frames when the other side closes in good order, after the last of them', async () => {
      const { encode } = await loadCodec();
      for (let index = 1; index <= 5; index++) far.send(encode(batch(index)));
      far.end();
      expect(await collect(channel)).toHaveLength(5);
      expect((await errorOf(channel.send(batch(1), forever))).code).toBe('NETWORK_RESET');
    });

    it('throws NETWORK_RESET from its frames when the connection breaks', async () => {
      const collecting = errorOf(collect(channel));
      far.cut();
      expect((await collecting).code).toBe('NETWORK_RESET');
    });

    it('refuses to send a frame over the limit, and lives on', async () => {
      expect((await errorOf(channel.send(batch(1, MAX_FRAME_BYTES), forever))).code).toBe(
        'FRAME_TOO_LARGE',
      );
      await channel.send(batch(2), forever);
      expect((await loadCodec()).decode(await far.next())).toEqual(batch(2));
    });

    it('ends with FRAME_TOO_LARGE when the other side sends a frame over the limit', async () => {
      far.send(Buffer.alloc(MAX_FRAME_BYTES + 1));
      expect((await errorOf(collect(channel))).code).toBe('FRAME_TOO_LARGE');
    });

    it('ends with PROTOCOL_VIOLATION when the other side sends what is not a frame', async () => {
      far.send(Buffer.from('ffffffffff', 'hex'));
      expect((await errorOf(collect(channel))).code).toBe('PROTOCOL_VIOLATION');
    });

    it('passes frames of a newer protocol on as unknown', async () => {
      far.send(Buffer.from('fa0703616263', 'hex'));
      for await (const frame of channel.frames()) {
        expect(frame).toEqual({ kind: 'unknown' });
        break;
      }
    });

    it('closes for the other side too, and can be closed again', async () => {
      await channel.close('done');
      await channel.close('done again');
      await far.closed;
      expect(await collect(channel)).toEqual([]);
      expect((await errorOf(channel.send(batch(1), forever))).code).toBe('NETWORK_RESET');
    });

    it('delivers what was sent before it was closed', async () => {
      for (let index = 1; index <= 20; index++) await channel.send(batch(index, 10_000), forever);
      await channel.close('done');
      const { encode } = await loadCodec();
      for (let index = 1; index <= 20; index++)
        expect(digest(await far.next())).toBe(digest(encode(batch(index, 10_000))));
    });

    it('sends nothing when the signal has fired already', async () => {
      expect(
        (
          await errorOf(
            channel.send(batch(1), AbortSignal.abort(new RunnerError('CANCELLED', 'late'))),
          )
        ).code,
      ).toBe('CANCELLED');
      expect(channel.traffic().sent).toBe(0);
    });

    it('is not opened when the signal has fired already', async () => {
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

/** Waits until a number has stopped growing. */
async function settled(read: () => number): Promise<void> {
  for (let last = -1; last !== read();) {
    last = read();
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}

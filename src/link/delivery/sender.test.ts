import { crc32, zstdDecompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Channel } from '../../channel/channel.ts';
import type { Batch, Frame } from '../../channel/frames.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { systemClock } from '../../../foundation/src/runtime/clock.ts';
import { ref } from '../../../test/support/link/link-stage.ts';
import { MemoryOutbox, MemoryOutboxStore } from '../../../test/support/link/memory-outbox.ts';
import { Attempt } from '../attempts/attempt.ts';
import type { OutboxBatch } from '../outbox/outbox.ts';
import { CreditWindow } from './credit-window.ts';
import { DeliveryPosition } from './position.ts';
import { Sender } from './sender.ts';

/** Ten records. */
const MAX_BATCH_BYTES = 1_010;
const REF = ref('run-1');

/** An outbox that notes what is read, and how many reads there are at the same time. */
class ObservedOutbox extends MemoryOutbox {
  readonly reads: number[] = [];
  reading = 0;
  overlapping = 0;
  /** Reading from here fails once. */
  failing: number[] = [];

  override async read(from: number, maxBytes: number): Promise<OutboxBatch | undefined> {
    this.reads.push(from);
    this.reading += 1;
    this.overlapping = Math.max(this.overlapping, this.reading);
    await new Promise((resolve) => setTimeout(resolve, 5));
    this.reading -= 1;
    if (this.failing.includes(from)) {
      this.failing = this.failing.filter((other) => other !== from);
      throw new RunnerError('SINK_FAILED', 'the disk does not answer');
    }
    return await super.read(from, maxBytes);
  }
}

let outbox: ObservedOutbox;
let window: CreditWindow;
let position: DeliveryPosition;
let sent: Batch[];
let errors: string[];
let controller: AbortController;
let ended: Promise<void>;

function start(credit: number): void {
  window = new CreditWindow(credit);
  position = new DeliveryPosition(0, window, systemClock);
  const channel: Pick<Channel, 'send'> = {
    send: async (frame: Frame) => {
      if (frame.kind === 'batch') sent.push(frame.body);
    },
  };
  const sender = new Sender(new Attempt(outbox, { name: 'ended' }), position, {
    channel: channel as Channel,
    window,
    clock: { ...systemClock, sleep: () => Promise.resolve() },
    maxBatchBytes: MAX_BATCH_BYTES,
    zstd: true,
    onUndeliverable: ({ code }) => errors.push(code),
    onSpoolError: ({ code }) => errors.push(code),
  });
  controller = new AbortController();
  ended = sender.run(controller.signal).catch(() => undefined);
}

/** Returns when nothing happens any more without an event from outside. */
async function settled(): Promise<void> {
  for (let seen = -1; seen !== outbox.reads.length + sent.length;) {
    seen = outbox.reads.length + sent.length;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function linesOf(batches: readonly Batch[]): string[] {
  return batches.flatMap(({ payload, codec, crc32: checksum }) => {
    expect(crc32(payload)).toBe(checksum);
    const raw = codec === 'CODEC_ZSTD' ? zstdDecompressSync(payload) : payload;
    return Buffer.from(raw)
      .toString()
      .split(/(?<=\n)/);
  });
}

beforeEach(() => {
  outbox = new ObservedOutbox(REF, new MemoryOutboxStore());
  for (let index = 0; index < 40; index++)
    outbox.append({ index, text: 'x'.repeat(80 - `${index}`.length) });
  [sent, errors] = [[], []];
});

afterEach(async () => {
  controller.abort(new RunnerError('ABORTED', 'the test ends'));
  await ended;
  expect([outbox.overlapping, window.used]).toEqual([1, 0]);
});

describe('a sender', () => {
  it('reads one batch ahead while the window is full, and no more', async () => {
    start(1);
    await settled();
    expect([sent, outbox.reads]).toEqual([[], [1, 11]]);
  });

  it('reads each record once, one read at a time, and sends all of them in order', async () => {
    start(1_000_000);
    await settled();
    expect(linesOf(sent)).toEqual(outbox.lines);
    expect(outbox.reads).toEqual([1, 11, 21, 31, 41]);
  });

  it('sends again from a rewind, without the batch that it had prepared', async () => {
    start(120);
    await settled();
    expect([sent.length, outbox.reads]).toEqual([1, [1, 11, 21]]);
    position.rewindTo(1);
    await settled();
    for (let upTo = 10; upTo <= 40; upTo += 10) {
      position.acknowledge(upTo);
      await settled();
    }
    expect(linesOf(sent.slice(1))).toEqual(outbox.lines);
  });

  it('prepares no compressed batch behind one that is rejected as corrupt', async () => {
    start(1_000_000);
    await settled();
    sent.length = 0;
    position.noteCorrupt();
    position.rewindToOldest();
    await settled();
    expect(new Set(sent.map(({ codec }) => codec))).toEqual(new Set(['CODEC_NONE']));
    expect(linesOf(sent)).toEqual(outbox.lines);
  });

  it('reads again what it could not read ahead, and reports a failure only then', async () => {
    start(1_000_000);
    outbox.failing = [11];
    await settled();
    expect([linesOf(sent), errors]).toEqual([outbox.lines, []]);
    expect(outbox.reads).toEqual([1, 11, 11, 21, 31, 41]);
  });

  it('is at rest once it has ended', async () => {
    start(1);
    while (outbox.reads.length < 2) await new Promise((resolve) => setImmediate(resolve));
    controller.abort(new RunnerError('ABORTED', 'the session ends'));
    await ended;
    expect(outbox.reading).toBe(0);
  });
});

import { finished } from 'node:stream/promises';
import type { Writable } from 'node:stream';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { MessageReader } from '../src/link/message-reader.ts';

// Exported, but not in the package's types.
const { Receiver } = (await import('ws')) as unknown as {
  readonly Receiver: new (options: object) => Writable;
};

const MAX_BYTES = 70_000;

interface Frame {
  readonly first: number;
  readonly isMasked: boolean;
  readonly length: number;
  readonly key: number;
}

/** Mostly what runners send. */
const frames = fc.array(
  fc.record<Frame>({
    first: fc.oneof(
      { weight: 8, arbitrary: fc.constant(0x82) },
      { weight: 3, arbitrary: fc.constantFrom(0x89, 0x8a) },
      { weight: 1, arbitrary: fc.constantFrom(0x81, 0x88, 0x02, 0x80, 0x00, 0x83, 0xc2) },
    ),
    isMasked: fc.integer({ min: 0, max: 19 }).map((number) => number > 0),
    length: fc.oneof(
      fc.integer({ min: 0, max: 130 }),
      fc.constantFrom(65_535, 65_536, MAX_BYTES, MAX_BYTES + 1),
    ),
    key: fc.integer({ min: 0, max: 0xffffffff }),
  }),
  { maxLength: 8 },
);

function bytesOf({ first, isMasked, length, key }: Frame): Buffer {
  const mask = Buffer.alloc(4);
  mask.writeUInt32BE(key);
  const payload = Buffer.from(
    Array.from({ length }, (_, index) => ((index * 31) & 0xff) ^ (isMasked ? mask[index & 3]! : 0)),
  );
  return Buffer.concat([head(first, isMasked, length), isMasked ? mask : Buffer.of(), payload]);
}

function head(first: number, isMasked: boolean, length: number): Buffer {
  const flag = isMasked ? 0x80 : 0;
  if (length < 126) return Buffer.of(first, flag | length);
  if (length < 65_536) return Buffer.of(first, flag | 126, length >> 8, length & 0xff);
  const long = Buffer.alloc(10);
  long.set([first, flag | 127]);
  long.writeBigUInt64BE(BigInt(length), 2);
  return long;
}

/** What ws makes of the bytes, which `through` gives to it, up to the first error or close. */
async function eventsOf(
  chunks: readonly Buffer[],
  through: (receiver: Writable, onMessage: (message: Buffer) => void) => (chunk: Buffer) => void,
): Promise<readonly string[]> {
  const receiver = new Receiver({ isServer: true, maxPayload: MAX_BYTES });
  const events: string[] = [];
  let isOver = false;
  const note = (kind: string, data: Buffer): void =>
    void events.push(`${kind} ${data.toString('base64')}`);
  receiver.on('message', (data: Buffer, isBinary: boolean) => note(`message ${isBinary}`, data));
  receiver.on('ping', (data: Buffer) => note('ping', data));
  receiver.on('pong', (data: Buffer) => note('pong', data));
  receiver.on('conclude', (code: number) => {
    isOver = true;
    events.push(`close ${code}`);
  });
  receiver.on('error', ({ message }) => {
    isOver = true;
    events.push(`error ${message}`);
  });
  const push = through(receiver, (message) => note('message true', message));
  for (const chunk of chunks) {
    // ws unmasks in place.
    if (!isOver) push(Buffer.from(chunk));
    await new Promise(setImmediate);
  }
  receiver.end();
  await finished(receiver).catch(() => undefined);
  return events;
}

function cut(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b)];
  return at.map((from, index) => bytes.subarray(from, at[index + 1]));
}

it('reads what ws reads, wherever the bytes of the frames are cut', async () => {
  await fc.assert(
    fc.asyncProperty(frames, fc.array(fc.nat(), { maxLength: 12 }), async (some, cuts) => {
      const chunks = cut(Buffer.concat(some.map(bytesOf)), cuts);
      const direct = await eventsOf(chunks, (receiver, onMessage) => {
        const onOther = (bytes: Buffer): void => void receiver.write(bytes);
        const reader = new MessageReader({ maxBytes: MAX_BYTES, onMessage, onOther });
        return (chunk) => reader.push(chunk);
      });
      expect(direct).toEqual(
        await eventsOf(chunks, (receiver) => (chunk) => receiver.write(chunk)),
      );
    }),
  );
});

it('leaves ws nothing to read of the messages of a runner', () => {
  const messages: Buffer[] = [];
  const reader = new MessageReader({
    maxBytes: MAX_BYTES,
    onMessage: (message) => messages.push(message),
    onOther: () => expect.unreachable(),
  });
  for (const length of [0, 1, 125, 126, 65_535, 65_536, MAX_BYTES])
    reader.push(bytesOf({ first: 0x82, isMasked: true, length, key: 0x01020304 }));
  expect(messages.map(({ length }) => length)).toEqual([0, 1, 125, 126, 65_535, 65_536, MAX_BYTES]);
});

import { once } from 'node:events';
import { PassThrough, type Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { maskedMessage } from './masked-message.ts';

// Exported, but not in the package's types.
const { Receiver } = (await import('ws')) as unknown as {
  readonly Receiver: new (options: { readonly isServer: boolean }) => Writable;
};

/** Reads with the receiver of ws, as a server does. */
async function readBack(bytes: Buffer): Promise<Buffer> {
  const receiver = new Receiver({ isServer: true });
  const received = once(receiver, 'message');
  new PassThrough().end(bytes).pipe(receiver);
  const [message, binary] = (await received) as [Buffer, boolean];
  expect(binary).toBe(true);
  return message;
}

describe('a masked message', () => {
  it.each([0, 1, 2, 3, 4, 5, 125, 126, 127, 65_535, 65_536, 65_537, 200_003])(
    'of %i bytes is read by a server as it was',
    async (length) => {
      const content = Buffer.from(Array.from({ length }, (_, index) => (index * 31) % 251));
      for (const cut of [0, 1, 7].filter((at) => at <= length))
        expect(
          content.equals(
            await readBack(maskedMessage([content.subarray(0, cut), content.subarray(cut)])),
          ),
        ).toBe(true);
    },
  );

  it('has another key each time and leaves its pieces as they are', () => {
    const piece = Buffer.from('salesforce metadata');
    const [first, second] = [maskedMessage([piece]), maskedMessage([piece])];
    expect(first.equals(second)).toBe(false);
    expect(first.includes(piece)).toBe(false);
    expect(piece.toString()).toBe('salesforce metadata');
  });
});

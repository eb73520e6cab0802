import { once } from 'node:events';
import { PassThrough, type Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { MessageMasker } from './masked-message.ts';

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
  const masker = new MessageMasker();

  it.each([0, 1, 2, 3, 4, 5, 15, 17, 125, 126, 127, 65_535, 65_536, 65_537, 200_003, 300_001])(
    'of %i bytes is read by a server as it was',
    async (length) => {
      const content = Buffer.from(Array.from({ length }, (_, index) => (index * 31) % 251));
      for (const cut of [0, 1, 7].filter((at) => at <= length))
        expect(
          content.equals(
            await readBack(masker.masked([content.subarray(0, cut), content.subarray(cut)])),
          ),
        ).toBe(true);
    },
  );

  it('has another key each time and leaves its pieces as they are', () => {
    const piece = Buffer.from('salesforce metadata');
    const messages = Array.from({ length: 1_000 }, () => masker.masked([piece]).toString('latin1'));
    expect(new Set(messages).size).toBe(1_000);
    expect(messages.filter((message) => message.includes(piece.toString()))).toEqual([]);
    expect(piece.toString()).toBe('salesforce metadata');
  });
});

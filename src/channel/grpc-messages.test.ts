import { describe, expect, it } from 'vitest';
import { MessageSplitter, prefixed } from './grpc-messages.ts';

describe('MessageSplitter', () => {
  it.each([1, 2, 3, 5, 7, 64, 10_000])('splits a stream received in chunks of %i bytes', (size) => {
    const messages = ['', 'a', 'hello', 'x'.repeat(1_000)].map((text) => Buffer.from(text));
    const stream = Buffer.concat(messages.flatMap((message) => prefixed([message])));
    const splitter = new MessageSplitter(1_000);
    const found: Buffer[] = [];
    for (let at = 0; at < stream.length; at += size)
      for (const message of splitter.push(stream.subarray(at, at + size)))
        found.push(Buffer.from(message));
    expect(found).toEqual(messages);
  });

  it('rejects a message whose announced length exceeds the limit', () => {
    const splitter = new MessageSplitter(10);
    expect(() => [...splitter.push(Buffer.from('000000000b', 'hex'))]).toThrow(
      expect.objectContaining({ code: 'FRAME_TOO_LARGE' }),
    );
  });

  it('rejects compressed messages', () => {
    const splitter = new MessageSplitter(10);
    expect(() => [...splitter.push(Buffer.from('0100000001ff', 'hex'))]).toThrow(
      expect.objectContaining({ code: 'PROTOCOL_VIOLATION' }),
    );
  });
});

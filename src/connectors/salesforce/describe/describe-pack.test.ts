import { expect, it } from 'vitest';
import { DescribePack, type PackedText, Unpacker } from './describe-pack.ts';

const text = (pack: number, index: number): string =>
  `ü ${JSON.stringify({ pack, index, more: 'x'.repeat(index * 500) })}`;

function packOf(unpacker: Unpacker, id: number, texts: number): readonly PackedText[] {
  const pack = new DescribePack(unpacker);
  const parts = Array.from({ length: texts }, (_, index) => pack.add(Buffer.from(text(id, index))));
  pack.close();
  return parts;
}

it('returns each text, also while several packs are read alternately', () => {
  const unpacker = new Unpacker();
  const packs = [packOf(unpacker, 0, 9), packOf(unpacker, 1, 9), packOf(unpacker, 2, 1)];
  const order = [0, 0, 1, 0, 2, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1];
  const next = [0, 0, 0];
  for (const id of order) {
    const index = next[id]!++;
    expect(packs[id]![index]!.read()).toBe(text(id, index));
  }
  expect(next).toEqual([9, 9, 1]);
});

it('returns texts in any order', () => {
  const parts = packOf(new Unpacker(), 7, 5);
  for (const index of [4, 0, 2, 1, 3]) expect(parts[index]!.read()).toBe(text(7, index));
});

it('takes less memory than the texts', () => {
  const parts = packOf(new Unpacker(), 1, 20);
  const raw = parts.reduce((sum, _, index) => sum + Buffer.byteLength(text(1, index)), 0);
  const packed = parts.reduce((sum, part) => sum + part.bytes(), 0);
  expect(packed).toBeGreaterThan(0);
  expect(packed).toBeLessThan(raw / 10);
});

it('copies what is added', () => {
  const pack = new DescribePack(new Unpacker());
  const buffer = Buffer.from('before');
  const part = pack.add(buffer);
  buffer.fill('x');
  pack.close();
  expect(part.read()).toBe('before');
});

it('may be empty', () => {
  expect(() => new DescribePack(new Unpacker()).close()).not.toThrow();
});

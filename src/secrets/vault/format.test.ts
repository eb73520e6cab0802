import { describe, expect, it } from 'vitest';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { systemRandom } from '../../../foundation/src/runtime/random.ts';
import { decodeVault, encodeVault, newVault, openValue, sealValue } from './format.ts';

describe('a changed vault file', () => {
  const key = Buffer.alloc(32, 7);

  function sample(records = 6): { bytes: Buffer; content: ReturnType<typeof newVault> } {
    let content = newVault(systemRandom);
    for (let index = 0; index < records; index++) {
      const head = {
        ref: `secret:/record/${index}`,
        version: 1,
        generation: 1,
        updatedAt: new Date(0).toISOString(),
      };
      content = {
        ...content,
        generation: 1,
        records: [
          ...content.records,
          sealValue(content, head, `value ${index} ${'x'.repeat(150)}`, systemRandom),
        ],
      };
    }
    return { bytes: encodeVault(content, [key], systemRandom), content };
  }

  const detected = (bytes: Buffer): boolean => {
    try {
      decodeVault(bytes, key);
      return false;
    } catch (thrown) {
      return (
        thrown instanceof RunnerError &&
        (thrown.code === 'VAULT_DAMAGED' || thrown.code === 'VAULT_LOCKED')
      );
    }
  };

  it('is detected for every flipped byte', () => {
    const { bytes } = sample();
    expect(bytes.length).toBeGreaterThan(2500);
    expect(detected(bytes)).toBe(false);
    for (let index = 0; index < bytes.length; index++) {
      for (const mask of [0x01, 0x20, 0x80]) {
        const changed = Buffer.from(bytes);
        changed[index]! ^= mask;
        if (!detected(changed)) expect.fail(`byte ${index} ^ ${mask} was not detected`);
      }
    }
  });

  it('is detected when truncated at any length or appended to', () => {
    const { bytes } = sample(2);
    for (let length = 0; length < bytes.length; length++)
      if (!detected(bytes.subarray(0, length))) expect.fail(`cut at ${length} was not detected`);
    for (const more of ['\n', ' ', '\0', '{}'])
      expect(detected(Buffer.concat([bytes, Buffer.from(more)]))).toBe(true);
  });

  it('is detected when records are swapped, duplicated, dropped, renamed or from another vault', () => {
    const { bytes, content } = sample();
    const document = JSON.parse(bytes.toString()) as {
      records: { ref: string; value: string; nonce: string; version: number }[];
      generation: number;
    };
    const other = (JSON.parse(sample().bytes.toString()) as typeof document).records;
    const [a, b] = document.records as [(typeof document.records)[0], (typeof document.records)[0]];
    const variants = [
      { ...document, records: document.records.toReversed() },
      { ...document, records: [a, a, ...document.records.slice(1)] },
      { ...document, records: document.records.slice(1) },
      {
        ...document,
        records: [{ ...a, ref: b.ref }, { ...b, ref: a.ref }, ...document.records.slice(2)],
      },
      {
        ...document,
        records: [{ ...a, value: b.value, nonce: b.nonce }, ...document.records.slice(1)],
      },
      { ...document, records: [{ ...a, version: 2 }, ...document.records.slice(1)] },
      { ...document, generation: 2 },
      { ...document, records: [other[0], ...document.records.slice(1)] },
      { ...document, more: 1 },
    ];
    for (const variant of variants)
      expect(detected(Buffer.from(`${JSON.stringify(variant, undefined, 1)}\n`))).toBe(true);
    expect(detected(Buffer.from(`${JSON.stringify(document, undefined, 1)}\n`))).toBe(false);
    expect(() =>
      openValue(content, { ...content.records[0]!, ref: content.records[1]!.ref }),
    ).toThrow(RunnerError);
    expect(() => openValue(content, { ...content.records[0]!, version: 2 })).toThrow(RunnerError);
    expect(() => openValue({ ...content, id: systemRandom.uuid() }, content.records[0]!)).toThrow(
      RunnerError,
    );
  });
});

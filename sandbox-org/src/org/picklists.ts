import type { PicklistValue } from './model.ts';
import type { Random } from './random.ts';
import { CHOICES } from './field-words.ts';

function value(text: string, validFor: string | null = null, active = true): PicklistValue {
  return { active, defaultValue: false, label: text, validFor, value: text };
}

/** The given values, or some generated ones, a few of them inactive. */
export function picklist(random: Random | null, values: readonly string[] | null): PicklistValue[] {
  if (values) return values.map((text) => value(text));
  if (!random) return [];
  const texts = new Set<string>();
  const count = random.chance(0.06) ? random.int(40, 160) : random.int(3, 14);
  while (texts.size < count) {
    const text = random.pick(CHOICES);
    texts.add(texts.has(text) ? `${text} ${texts.size}` : text);
  }
  return [...texts].map((text) => value(text, null, !random.chance(0.04)));
}

/**
 * Sets `validFor`, a bit for each controlling value by position; bit 0 is the highest bit of the
 * first byte.
 */
export function dependOn(
  values: readonly PicklistValue[],
  controllingCount: number,
  random: Random,
): PicklistValue[] {
  return values.map((entry) => {
    const bitmap = Buffer.alloc(Math.max(3, Math.ceil(controllingCount / 8)));
    for (let i = 0; i < controllingCount; i++) {
      if (random.chance(0.4)) bitmap[i >> 3] = (bitmap[i >> 3] ?? 0) | (0x80 >> (i & 7));
    }
    return { ...entry, validFor: bitmap.toString('base64') };
  });
}

import { z } from 'zod';

/** A whole number, also as text, which is all that flags and the environment have. */
export function whole(min: number, max: number): z.ZodType<number> {
  return z
    .union(
      [
        z.number(),
        z
          .string()
          .regex(/^\d{1,9}$/)
          .transform(Number),
      ],
      'must be a whole number',
    )
    .pipe(
      z
        .number()
        .int('must be a whole number')
        .min(min, `must be at least ${min}`)
        .max(max, `must be at most ${max}`),
    );
}

export function oneOf<const T extends readonly string[]>(words: T): z.ZodType<T[number]> {
  return z.enum(words, `must be one of ${words.join(', ')}`);
}

export function yesOrNo(): z.ZodType<boolean> {
  return z.union(
    [z.boolean(), z.enum(['true', 'false']).transform((word) => word === 'true')],
    'must be true or false',
  );
}

export function text(): z.ZodType<string> {
  return z
    .string('must be text')
    .min(1, 'must not be empty')
    .max(4096, 'is longer than 4096 characters');
}

/** A list, or text with commas in between. */
export function list<T>(item: z.ZodType<T>): z.ZodType<readonly T[]> {
  return z.preprocess(
    (raw) => (typeof raw === 'string' ? splitText(raw, /,/) : raw),
    z.array(item, 'must be a list'),
  );
}

/** The entries of a text, trimmed, without empty ones. */
export function splitText(text: string, separator: RegExp): string[] {
  return text
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

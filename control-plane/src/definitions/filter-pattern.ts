import { RE2JS } from 're2js';
import { z } from 'zod';

const MAX_PATTERNS = 200;
const MAX_LENGTH = 1024;

/**
 * OpenMetadata's type/filterPattern.json, with RE2 expressions as runners use them: matching takes
 * time linear in the length of a name. Lookaround, backreferences and unbounded nested repetition
 * are rejected.
 */
const pattern = z
  .string()
  .min(1, 'is empty; remove it')
  .max(MAX_LENGTH, `is longer than ${MAX_LENGTH} characters`)
  .superRefine((text, context) => {
    try {
      RE2JS.compile(text, RE2JS.CASE_INSENSITIVE);
    } catch (thrown) {
      const reason =
        thrown instanceof Error
          ? thrown.message.replace(/^error parsing regexp: /, '')
          : 'not a regular expression';
      context.addIssue({
        code: 'custom',
        message: `${JSON.stringify(text)} is not a valid regular expression (${reason}); use RE2 syntax, without lookaround and backreferences`,
      });
    }
  });

export const filterPattern = z.strictObject({
  includes: z.array(pattern).max(MAX_PATTERNS, `has more than ${MAX_PATTERNS} patterns`).nullish(),
  excludes: z.array(pattern).max(MAX_PATTERNS, `has more than ${MAX_PATTERNS} patterns`).nullish(),
});

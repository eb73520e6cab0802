import { z } from 'zod';
import { OUTCOME_STATUSES } from '../domain/record.ts';

/** A word of this program, fit for a label of a metric. */
const word = z.string().regex(/^[a-z][\w-]{0,39}$/i);
const value = z.number().nonnegative();
const source = z.strictObject({ connector: word });

/** What was counted or set since the last message. */
export const figureSchema = z.discriminatedUnion('name', [
  z.strictObject({ name: z.literal('apiCalls'), labels: source, value }),
  z.strictObject({ name: z.literal('apiCallsLimit'), labels: source, value }),
  z.strictObject({ name: z.literal('apiCallsRemaining'), labels: source, value }),
  z.strictObject({
    name: z.literal('secretResolutions'),
    labels: z.strictObject({ provider: word, result: word }),
    value,
  }),
  z.strictObject({
    name: z.literal('secretReadAlarms'),
    labels: z.strictObject({ limit: z.enum(['near', 'reached']) }),
    value,
  }),
]);

/** More than a worker can have: each is a name with labels out of few. */
export const MAX_FIGURES = 64;

export const figuresSchema = z.strictObject({
  type: z.literal('figures'),
  figures: z.array(figureSchema).max(MAX_FIGURES),
  /** Memory of the worker process. */
  residentBytes: z.int().nonnegative(),
  /** Once the attempt has ended, as are `phases`. */
  outcome: z.enum(OUTCOME_STATUSES).optional(),
  phases: z
    .array(z.strictObject({ name: word, startedAt: value, endedAt: value }))
    .max(16)
    .optional(),
});
export type Figures = z.infer<typeof figuresSchema>;

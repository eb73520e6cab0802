import { z } from 'zod';
import type { Failure } from '../domain/failure.ts';

/** A failure that another process, or an earlier one, has written. */
export const failureSchema = z.object({
  code: z.string(),
  message: z.string(),
  remedy: z.string(),
  retryable: z.boolean(),
}) satisfies z.ZodType<Failure>;

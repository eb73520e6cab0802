import { z } from 'zod';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';

/** The result of `work`; its error becomes an issue. */
export function tryParse<T>(context: z.RefinementCtx, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    return addIssue(context, RunnerError.from(thrown, 'INPUT_INVALID').message);
  }
}

/** Adds an issue. Returns z.NEVER, for use as the value of a transform. */
export function addIssue(context: z.RefinementCtx, message: string): never {
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
}

import type { RunnerError } from '../../../runtime/errors.ts';
import type { ListedObject } from '../describe/object-list.ts';
import { describeObjects, type DescribesOptions } from '../describe/describe-objects.ts';

export interface RetryResult {
  /** To be read as if they had changed. */
  readonly readable: readonly ListedObject[];
  readonly failed: readonly { readonly listed: ListedObject; readonly error: RunnerError }[];
}

/**
 * Asks again for the describes of objects that the last run could not tell, 25 in a call, before anything else is read for
 * them: most of what fails fails again. Throws SALESFORCE_LIMIT_REACHED when no more calls may be made.
 */
export async function retryFailed(
  objects: readonly ListedObject[],
  options: Omit<DescribesOptions, 'since' | 'onSpent'>,
  signal: AbortSignal,
): Promise<RetryResult> {
  const [readable, failed]: [ListedObject[], RetryResult['failed'][number][]] = [[], []];
  let spent: RunnerError | undefined;
  for await (const group of describeObjects(
    objects,
    { ...options, since: () => undefined, onSpent: (error) => (spent ??= error) },
    signal,
  )) {
    for (const item of group) {
      if ('error' in item) failed.push(item);
      else readable.push(item.listed);
    }
  }
  if (spent !== undefined) throw spent;
  return { readable, failed };
}

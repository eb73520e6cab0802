import type { RunnerError } from '../errors/errors.ts';
import type { ListedObject } from '../describe/object-list.ts';
import { describeObjects, type DescribeOptions } from '../describe/describe-objects.ts';

export interface RetryResult {
  /** To be read as changed objects. */
  readonly readable: readonly ListedObject[];
  readonly failed: readonly { readonly listed: ListedObject; readonly error: RunnerError }[];
}

/**
 * Describes the objects that failed in the previous run again, 25 in a call, before anything else
 * is read for them, because most of them fail again. Throws SALESFORCE_LIMIT_REACHED when no more
 * calls are allowed.
 */
export async function retryFailed(
  objects: readonly ListedObject[],
  options: Omit<DescribeOptions, 'since' | 'onSpent' | 'reserved'>,
  signal: AbortSignal,
): Promise<RetryResult> {
  const readable: ListedObject[] = [];
  const failed: RetryResult['failed'][number][] = [];
  let limitError: RunnerError | undefined;
  for await (const group of describeObjects(
    objects,
    {
      ...options,
      since: () => undefined,
      onSpent: (error) => (limitError ??= error),
      reserved: () => 0,
    },
    signal,
  )) {
    for (const item of group) {
      if ('error' in item) failed.push(item);
      else readable.push(item.listed);
    }
  }
  if (limitError !== undefined) throw limitError;
  return { readable, failed };
}

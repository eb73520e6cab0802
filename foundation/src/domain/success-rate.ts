/**
 * Percentage of successes, with two decimals, as OpenMetadata computes it for `successThreshold`. A
 * run without any success counts as one with a single success.
 */
export function successPercent(succeeded: number, failed: number): number {
  const done = Math.max(succeeded, 1);
  return Math.round((done * 10_000) / (done + failed)) / 100;
}

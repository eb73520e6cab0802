/**
 * How many payload bytes a runner may send before the first is acknowledged. With less than a
 * round trip's worth, the connection is idle while acknowledgements travel.
 */
const MIN_BYTES = 4 * 1024 * 1024;
/** More would be waiting in the memory of runner and control plane. */
const MAX_BYTES = 16 * 1024 * 1024;
/** Enough for 160 MB/s. */
const BYTES_PER_MS = 160 * 1024;

/** The credit for a connection whose first answer took this long. */
export function creditFor(roundTripMs: number): number {
  return Math.round(Math.min(MAX_BYTES, Math.max(MIN_BYTES, roundTripMs * BYTES_PER_MS)));
}

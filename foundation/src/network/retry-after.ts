/**
 * The pause of a Retry-After header (seconds or an HTTP date) in milliseconds from `now`, at most
 * `maxMs`. Undefined if absent or invalid.
 */
export function parseRetryAfter(
  text: string | undefined,
  now: number,
  maxMs: number,
): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d{1,6}$/.test(text.trim()) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isFinite(ms) && ms >= 0 ? Math.min(ms, maxMs) : undefined;
}

/** What a Retry-After header asks for, in seconds or as an HTTP date: milliseconds from `now`, `maxMs` at most; undefined when absent or senseless. */
export function parseRetryAfter(
  text: string | undefined,
  now: number,
  maxMs: number,
): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d{1,6}$/.test(text.trim()) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isFinite(ms) && ms >= 0 ? Math.min(ms, maxMs) : undefined;
}

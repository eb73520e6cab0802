/** More than an org of 3,000 objects has. */
const KEPT = 200_000;
const known = new Map<number, string>();

/** A time as in REST responses: `2022-05-02T03:22:17.000+0000`. */
export function moment(millis: number): string {
  const kept = known.get(millis);
  if (kept !== undefined) return kept;
  if (known.size >= KEPT) known.clear();
  const text = new Date(millis).toISOString().replace('Z', '+0000');
  known.set(millis, text);
  return text;
}

export function momentOrNull(millis: number | null): string | null {
  return millis === null ? null : moment(millis);
}

/** A time as in REST responses: `2022-05-02T03:22:17.000+0000`. */
export function moment(millis: number): string {
  return new Date(millis).toISOString().replace('Z', '+0000');
}

export function momentOrNull(millis: number | null): string | null {
  return millis === null ? null : moment(millis);
}

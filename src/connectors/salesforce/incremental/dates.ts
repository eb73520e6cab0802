/** A date of a Setup table (`2026-01-31T12:00:00.000+0000`) as Unix time, NaN if it is none. */
export function setupTime(date: string): number {
  return Date.parse(date.replace(/\+0000$/, 'Z'));
}

/**
 * Whether a Setup date is not before `since`. An empty date means never modified; a date that
 * cannot be parsed counts as modified.
 */
export function isModifiedSince(date: string, since: number): boolean {
  return date !== '' && !(setupTime(date) < since);
}

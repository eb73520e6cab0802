/**
 * Whether a Setup date (`2026-01-31T12:00:00.000+0000`) is not before `since`. An empty date means
 * never modified; a date that cannot be parsed counts as modified.
 */
export function isModifiedSince(date: string, since: number): boolean {
  return date !== '' && !(Date.parse(date.replace(/\+0000$/, 'Z')) < since);
}

/** Whether a date of Setup (`2026-01-31T12:00:00.000+0000`) is at that time or later. None means never; one that cannot be read counts as now. */
export function isModifiedSince(date: string, since: number): boolean {
  return date !== '' && !(Date.parse(date.replace(/\+0000$/, 'Z')) < since);
}

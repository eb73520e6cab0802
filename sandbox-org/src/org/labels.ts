/** "WorkPlanTemplate" → "Work Plan Template", "Invoice_Line" → "Invoice Line". */
export function labelOf(name: string): string {
  return name
    .replaceAll('_', ' ')
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll(/ +/g, ' ')
    .trim();
}

export function pluralOf(label: string): string {
  if (/[^aeiou]y$/.test(label)) return `${label.slice(0, -1)}ies`;
  return /(s|x|ch|sh)$/.test(label) ? `${label}es` : `${label}s`;
}

/** Whether a version is after another, by the order of Semantic Versioning. */
export function isNewer(version: string, other: string): boolean {
  const [one, two] = [parse(version), parse(other)];
  for (const [index, number] of one.numbers.entries()) {
    const difference = number - (two.numbers[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  if (one.label === '' || two.label === '') return one.label === '' && two.label !== '';
  return one.label.localeCompare(two.label, 'en', { numeric: true }) > 0;
}

function parse(version: string): { readonly numbers: readonly number[]; readonly label: string } {
  const [numbers = '', ...label] = version.split('+')[0]!.split('-');
  return { numbers: numbers.split('.').map(Number), label: label.join('-') };
}

/** These tables answer one batch of 2,000 rows and no more; a little room is left for fields that describes do not show. */
export const MAX_ROWS = 1900;
/** A query may be 100,000 characters; within a composite it travels in the body, so no limit of a URL applies. */
const MOST_CHARACTERS = 80_000;
export interface Counted {
  readonly id: string;
  readonly rows: number;
}

/** Ids in groups that fit one query by rows and by length. */
export function groupForQueries(items: readonly Counted[]): string[][] {
  const groups: string[][] = [];
  let [rows, characters] = [Infinity, 0];
  for (const item of items) {
    if (rows + item.rows > MAX_ROWS || characters + item.id.length + 4 > MOST_CHARACTERS) {
      groups.push([]);
      [rows, characters] = [0, 0];
    }
    groups.at(-1)!.push(item.id);
    rows += item.rows;
    characters += item.id.length + 4;
  }
  return groups;
}

export function soqlLiterals(values: readonly string[]): string {
  return values
    .map((value) => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`)
    .join(', ');
}

/**
 * A query of these tables returns one batch of 2,000 rows; some room is left for fields that
 * describes do not show.
 */
export const MAX_ROWS = 1900;
/**
 * A query may have 100,000 characters. Within a composite it travels in the body, where no limit of
 * a URL applies.
 */
const MAX_CHARACTERS = 80_000;
/** Quotes, comma and space of one literal. */
const PUNCTUATION = 4;

/** An id to query by, and the rows to expect for it. */
export interface Counted {
  readonly id: string;
  readonly rows: number;
}

/** The ids of one query. */
export interface QueryGroup {
  readonly ids: readonly string[];
  readonly rows: number;
}

/** Ids in groups that fit one query each, by rows and by length. */
export function groupForQueries(items: readonly Counted[], maxRows = MAX_ROWS): QueryGroup[] {
  const groups: { readonly ids: string[]; rows: number }[] = [];
  let [rows, characters] = [Infinity, 0];
  for (const item of items) {
    const length = item.id.length + PUNCTUATION;
    if (rows + item.rows > maxRows || characters + length > MAX_CHARACTERS) {
      groups.push({ ids: [], rows: 0 });
      [rows, characters] = [0, 0];
    }
    const group = groups.at(-1)!;
    group.ids.push(item.id);
    group.rows = rows += item.rows;
    characters += length;
  }
  return groups;
}

/** Values as a SOQL list, quoted and escaped. */
export function soqlLiterals(values: readonly string[]): string {
  return values
    .map((value) => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`)
    .join(', ');
}

import { isId, sameId } from '../org/ids.ts';
import type { Comparison, Expression } from './expression.ts';
import { JsonValue, type Cell, type Row, type Scalar } from './table.ts';

/** Reads the cell at the end of a compiled path of a row. */
export type Reader = (row: Row) => Cell;

/** Whether the row passes; `readers` has the compiled path of each comparison. */
export function matches(
  expression: Expression,
  row: Row,
  readers: ReadonlyMap<string, Reader>,
): boolean {
  switch (expression.kind) {
    case 'and':
      return matches(expression.left, row, readers) && matches(expression.right, row, readers);
    case 'or':
      return matches(expression.left, row, readers) || matches(expression.right, row, readers);
    case 'not':
      return !matches(expression.of, row, readers);
    default:
      return compare(expression, scalar(readers.get(expression.path)?.(row) ?? null));
  }
}

function scalar(cell: Cell): Scalar {
  return cell instanceof JsonValue ? JSON.stringify(cell.value) : cell;
}

function compare(comparison: Comparison, cell: Scalar): boolean {
  const { operator, values } = comparison;
  const [first = null] = values;
  switch (operator) {
    case '=':
      return equal(cell, first);
    case '!=':
      return !equal(cell, first);
    case 'IN':
      return isIn(cell, comparison);
    case 'NOT IN':
      return !isIn(cell, comparison);
    case 'LIKE':
      return typeof cell === 'string' && values.some((value) => like(String(value)).test(cell));
    case 'INCLUDES':
      return values.some((value) => includes(cell, value));
    case 'EXCLUDES':
      return !values.some((value) => includes(cell, value));
    default:
      return cell !== null && first !== null && inOrder(operator, order(cell, first));
  }
}

function inOrder(operator: string, sign: number): boolean {
  if (operator === '<') return sign < 0;
  if (operator === '<=') return sign <= 0;
  return operator === '>' ? sign > 0 : sign >= 0;
}

/** Compares texts without case, ids in either length, and times in any notation. */
function equal(a: Scalar, b: Scalar): boolean {
  if (a === b) return true;
  if (typeof a !== 'string' || typeof b !== 'string') return false;
  return (
    a.toLowerCase() === b.toLowerCase() ||
    sameId(a, b) ||
    (MOMENT.test(a) && MOMENT.test(b) && Date.parse(a) === Date.parse(b))
  );
}

/** Lists of this length and more are looked up instead of compared one by one. */
const LONG_LIST = 20;
const longLists = new WeakMap<Comparison, ReadonlySet<string>>();

/** A list without `null`, `true` and the like compares texts only. */
function isIn(cell: Scalar, comparison: Comparison): boolean {
  const { values } = comparison;
  if (values.length < LONG_LIST || typeof cell !== 'string' || MOMENT.test(cell))
    return values.some((value) => equal(cell, value));
  let known = longLists.get(comparison);
  if (known === undefined) {
    known = new Set(values.filter((value) => typeof value === 'string').flatMap(formsOf));
    longLists.set(comparison, known);
  }
  return formsOf(cell).some((form) => known.has(form));
}

/** Two texts are equal, or ids of different lengths, if they have a form in common. */
function formsOf(value: string): string[] {
  const text = `text ${value.toLowerCase()}`;
  return isId(value) ? [text, `id ${value.slice(0, 15)}`] : [text];
}

const MOMENT = /^\d{4}-\d\d-\d\d(T|$)/;

/** Negative, zero or positive if `a` sorts before, with or after `b`; nulls first. */
export function order(a: Scalar, b: Scalar): number {
  if (a === null || b === null) return Number(b === null) - Number(a === null);
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [x, y] = [String(a), String(b)];
  if (!sameNotation(x, y) && MOMENT.test(x) && MOMENT.test(y)) return Date.parse(x) - Date.parse(y);
  const [p, q] = [x.toLowerCase(), y.toLowerCase()];
  return p < q ? -1 : Number(p > q);
}

/** Texts of one length and ending: if they are times, they sort as texts, which is faster. */
function sameNotation(x: string, y: string): boolean {
  return x.length === y.length && x.slice(-5) === y.slice(-5);
}

const WILDCARDS: Record<string, string> = { '%': '.*', _: '.', '\\%': '%', '\\_': '_' };

const patterns = new Map<string, RegExp>();

function like(pattern: string): RegExp {
  const known = patterns.get(pattern);
  if (known) return known;
  const source = pattern.replaceAll(
    /\\[%_]|[%_.*+?^${}()|[\]\\]/g,
    (part) => WILDCARDS[part] ?? `\\${part}`,
  );
  const compiled = new RegExp(`^${source}$`, 'is');
  if (patterns.size > 200) patterns.clear();
  patterns.set(pattern, compiled);
  return compiled;
}

/** `'a;b'` matches both values, as in multi-select picklists. */
function includes(cell: Scalar, wanted: Scalar): boolean {
  const chosen = new Set(String(cell ?? '').split(';'));
  return String(wanted)
    .split(';')
    .every((value) => chosen.has(value));
}

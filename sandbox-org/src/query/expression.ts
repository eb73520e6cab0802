import type { Condition, WhereClause } from '@jetstreamapp/soql-parser-js';
import { malformed } from './query-error.ts';
import type { Scalar } from './table.ts';

export interface Comparison {
  readonly kind: 'compare';
  readonly path: string;
  readonly operator: string;
  readonly values: readonly Scalar[];
}

/** A filter as a tree. */
export type Expression =
  | Comparison
  | { readonly kind: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'not'; readonly of: Expression };

type Token = '(' | ')' | 'AND' | 'OR' | 'NOT' | Comparison;

/** Turns the parser's right-leaning chain with bracket counts into a tree. */
export function expressionOf(where: WhereClause): Expression {
  const tokens = tokensOf(where);
  const tree = disjunction(tokens);
  if (tokens.length > 0) throw malformed('unexpected token: )');
  return tree;
}

function tokensOf(where: WhereClause): Token[] {
  const tokens: Token[] = [];
  for (let at: WhereClause | undefined = where; at; at = 'right' in at ? at.right : undefined) {
    if (at.left) tokens.push(...conditionTokens(at.left as Condition));
    if ('operator' in at) tokens.push(at.operator);
  }
  return tokens;
}

function conditionTokens(condition: Condition): Token[] {
  const open = Array.from({ length: condition.openParen ?? 0 }, (): Token => '(');
  if (!('field' in condition)) {
    if ('operator' in condition) throw malformed('functions in WHERE are not supported here');
    return open;
  }
  const values = literals(condition);
  const close = Array.from({ length: condition.closeParen ?? 0 }, (): Token => ')');
  return [
    ...open,
    { kind: 'compare', path: condition.field, operator: condition.operator, values },
    ...close,
  ];
}

/**
 * OR binds least, then AND, then NOT. SOQL requires brackets where they are mixed; this parser does
 * not.
 */
function disjunction(tokens: Token[]): Expression {
  let left = conjunction(tokens);
  while (tokens[0] === 'OR') {
    tokens.shift();
    left = { kind: 'or', left, right: conjunction(tokens) };
  }
  return left;
}

function conjunction(tokens: Token[]): Expression {
  let left = term(tokens);
  while (tokens[0] === 'AND') {
    tokens.shift();
    left = { kind: 'and', left, right: term(tokens) };
  }
  return left;
}

function term(tokens: Token[]): Expression {
  const token = tokens.shift();
  if (token === 'NOT') return { kind: 'not', of: term(tokens) };
  if (token === '(') {
    const inner = disjunction(tokens);
    if (tokens.shift() !== ')') throw malformed('missing ) in WHERE');
    return inner;
  }
  if (typeof token !== 'object') throw malformed(`unexpected token: ${token ?? '<EOF>'}`);
  return token;
}

interface Literal {
  readonly value: string | string[];
  readonly literalType?: string | string[];
}

function literals(condition: Literal): Scalar[] {
  const values = Array.isArray(condition.value) ? condition.value : [condition.value];
  const typeAt = (i: number): string =>
    (Array.isArray(condition.literalType) ? condition.literalType[i] : condition.literalType) ??
    'STRING';
  return values.map((value, i) => literal(value, typeAt(i)));
}

function literal(value: string, type: string): Scalar {
  switch (type) {
    case 'NULL':
      return null;
    case 'BOOLEAN':
      return value.toUpperCase() === 'TRUE';
    case 'INTEGER':
    case 'DECIMAL':
      return Number(value);
    case 'STRING':
      return unescape(value.replace(/^'|'$/g, ''));
    case 'DATE':
    case 'DATETIME':
      return value;
    default:
      throw malformed(`unexpected token: '${value}'`);
  }
}

const ESCAPES: Record<string, string> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

/** `\\%` and `\\_` stay escaped: only LIKE interprets them. */
function unescape(text: string): string {
  return text.replaceAll(/\\([^%_])/g, (_, character: string) => ESCAPES[character] ?? character);
}

/** The comparisons of a plain conjunction; null for any other filter. */
export function conjuncts(expression: Expression | null): readonly Comparison[] | null {
  if (!expression) return [];
  if (expression.kind === 'compare') return [expression];
  if (expression.kind !== 'and') return null;
  const left = conjuncts(expression.left);
  const right = conjuncts(expression.right);
  return left && right && [...left, ...right];
}

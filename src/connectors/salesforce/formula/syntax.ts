/**
 * The syntax tree of a formula. The parser's nesting limit bounds its depth, so recursion is safe.
 */
export type Expression =
  | { readonly kind: 'text'; readonly value: string }
  /** As written: formulas compute in decimals, which a double cannot represent. */
  | { readonly kind: 'number'; readonly digits: string }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'null' }
  | { readonly kind: 'reference'; readonly path: readonly PathStep[] }
  /** `name` in upper case. */
  | { readonly kind: 'call'; readonly name: string; readonly arguments: readonly Expression[] }
  | { readonly kind: 'sign'; readonly operator: '-' | '+' | '!'; readonly operand: Expression }
  /**
   * Operators of one precedence, applied from the left; `operators[i]` stands between operands `i`
   * and `i + 1`.
   */
  | {
      readonly kind: 'operation';
      readonly operators: readonly Operator[];
      readonly operands: readonly Expression[];
    };

/**
 * One name of a path. `Owner:User` has the target `User`, which narrows a polymorphic relationship.
 */
export interface PathStep {
  readonly name: string;
  readonly target: string | undefined;
}

/** How tightly each operator binds; more is tighter. */
export const PRECEDENCE = {
  '||': 1,
  '&&': 2,
  '=': 3,
  '==': 3,
  '<>': 3,
  '!=': 3,
  '<': 4,
  '<=': 4,
  '>': 4,
  '>=': 4,
  '+': 5,
  '-': 5,
  '&': 5,
  '*': 6,
  '/': 6,
  '^': 7,
} as const;

export type Operator = keyof typeof PRECEDENCE;

export function isOperator(text: string): text is Operator {
  return Object.hasOwn(PRECEDENCE, text);
}

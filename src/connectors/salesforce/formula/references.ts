import type { Expression, PathStep } from './syntax.ts';

/** A field path such as `Account.Owner.Name`, or a global such as `$User.Email`. */
export interface FormulaReference {
  readonly kind: 'field' | 'global';
  /** As first written. */
  readonly text: string;
  readonly path: readonly PathStep[];
}

/** The references of a formula, each once (ignoring case), in the order of first use. */
export function references(ast: Expression): readonly FormulaReference[] {
  const found = new Map<string, FormulaReference>();
  collect(ast, found);
  return [...found.values()];
}

function collect(expression: Expression, found: Map<string, FormulaReference>): void {
  switch (expression.kind) {
    case 'reference':
      return add(expression.path, found);
    case 'call':
      return expression.arguments.forEach((argument) => collect(argument, found));
    case 'operation':
      return expression.operands.forEach((operand) => collect(operand, found));
    case 'sign':
      return collect(expression.operand, found);
    case 'text':
    case 'number':
    case 'boolean':
    case 'null':
  }
}

function add(path: readonly PathStep[], found: Map<string, FormulaReference>): void {
  const text = path
    .map(({ name, target }) => (target === undefined ? name : `${name}:${target}`))
    .join('.');
  const key = text.toLowerCase();
  if (!found.has(key))
    found.set(key, { kind: text.startsWith('$') ? 'global' : 'field', text, path });
}

import { isOperator, PRECEDENCE, type Expression, type Operator, type PathStep } from './syntax.ts';
import { tokenize, type FormulaProblem, type Token } from './tokens.ts';

export type ParsedFormula =
  | { readonly ok: true; readonly ast: Expression }
  | ({ readonly ok: false } & FormulaProblem);

/** Levels of brackets, calls and signs. Formulas that Salesforce accepts have far fewer. */
export const MAX_NESTING = 250;

/**
 * Parses the text of a formula field, validation rule or default value, as describes and the
 * Metadata API return it. Linear in the length of the text; never throws. Accepts any name of a
 * function or field without looking it up.
 */
export function parseFormula(source: string): ParsedFormula {
  const tokenized = tokenize(source);
  return tokenized.ok ? new Parser(tokenized.tokens).parse() : tokenized;
}

const NULL: Expression = { kind: 'null' };

/**
 * Precedence climbing. The first problem moves the cursor to the end token, where every loop ends,
 * so no method checks whether another one failed.
 */
class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #nesting = 0;
  #problem: FormulaProblem | undefined;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): ParsedFormula {
    const ast = this.#expression(1);
    if (this.#current.kind !== 'end') this.#reject(`unexpected ${nameOf(this.#current)}`);
    return this.#problem === undefined ? { ok: true, ast } : { ok: false, ...this.#problem };
  }

  get #current(): Token {
    return this.#tokens[this.#at]!;
  }

  #reject(message: string): Expression {
    this.#problem ??= { position: this.#current.position, message };
    this.#at = this.#tokens.length - 1;
    return NULL;
  }

  /** Moves past the symbol if it is the current token. */
  #take(symbol: string): boolean {
    if (!this.#sees(symbol)) return false;
    this.#at += 1;
    return true;
  }

  #sees(symbol: string): boolean {
    return this.#current.kind === 'symbol' && this.#current.value === symbol;
  }

  #expect(symbol: string): void {
    if (!this.#take(symbol))
      this.#reject(`expected "${symbol}" but found ${nameOf(this.#current)}`);
  }

  #operator(): Operator | undefined {
    const { kind, value } = this.#current;
    return kind === 'symbol' && isOperator(value) ? value : undefined;
  }

  /** An expression whose operators bind at least as tightly as `weakest`. */
  #expression(weakest: number): Expression {
    let left = this.#operand();
    for (;;) {
      const operator = this.#operator();
      if (operator === undefined || PRECEDENCE[operator] < weakest) return left;
      left = this.#chain(left, PRECEDENCE[operator]);
    }
  }

  #chain(first: Expression, precedence: number): Expression {
    const operands = [first];
    const operators: Operator[] = [];
    for (
      let next = this.#operator();
      next !== undefined && PRECEDENCE[next] === precedence;
      next = this.#operator()
    ) {
      this.#at += 1;
      operators.push(next);
      operands.push(this.#expression(precedence + 1));
    }
    return { kind: 'operation', operators, operands };
  }

  #operand(): Expression {
    const token = this.#current;
    if (token.kind === 'symbol') return this.#signOrBracket(token.value);
    if (token.kind === 'end')
      return this.#reject('expected a value but found the end of the formula');
    this.#at += 1;
    if (token.kind === 'text') return { kind: 'text', value: token.value };
    if (token.kind === 'number') return { kind: 'number', digits: token.value };
    if (this.#sees('(')) return this.#call(token);
    return token.value.toUpperCase() === 'NOT'
      ? this.#nested(() => ({ kind: 'sign', operator: '!', operand: this.#operand() }))
      : named(token.value);
  }

  #signOrBracket(symbol: string): Expression {
    if (symbol === '(') {
      return this.#nested(() => {
        this.#at += 1;
        const inner = this.#expression(1);
        this.#expect(')');
        return inner;
      });
    }
    if (symbol !== '-' && symbol !== '+' && symbol !== '!')
      return this.#reject(`expected a value but found "${symbol}"`);
    return this.#nested(() => {
      this.#at += 1;
      return { kind: 'sign', operator: symbol, operand: this.#operand() };
    });
  }

  #call(name: Token): Expression {
    if (/[.:$]/.test(name.value)) return this.#reject(`"${name.value}" is not a function name`);
    return this.#nested(() => {
      this.#expect('(');
      const values: Expression[] = [];
      if (!this.#sees(')')) {
        do values.push(this.#expression(1));
        while (this.#take(','));
      }
      this.#expect(')');
      return { kind: 'call', name: name.value.toUpperCase(), arguments: values };
    });
  }

  #nested(read: () => Expression): Expression {
    if (this.#nesting >= MAX_NESTING)
      return this.#reject(`nested more than ${MAX_NESTING} levels deep`);
    this.#nesting += 1;
    const expression = read();
    this.#nesting -= 1;
    return expression;
  }
}

function named(path: string): Expression {
  const word = path.toUpperCase();
  if (word === 'TRUE' || word === 'FALSE') return { kind: 'boolean', value: word === 'TRUE' };
  return word === 'NULL' ? NULL : { kind: 'reference', path: path.split('.').map(readStep) };
}

function readStep(text: string): PathStep {
  const [name = '', target] = text.split(':', 2);
  return { name, target };
}

/** A longer name is not shortened: the redactor would not recognize half of a pasted secret. */
const MAX_QUOTED = 80;

function nameOf({ kind, value }: Token): string {
  if (kind === 'end') return 'end of the formula';
  if (kind === 'text') return 'string literal';
  return value.length > MAX_QUOTED ? 'long name' : `"${value}"`;
}

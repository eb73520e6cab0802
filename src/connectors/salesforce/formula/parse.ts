import { isOperator, PRECEDENCE, type Expression, type Operator, type PathStep } from './syntax.ts';
import { tokenize, type FormulaProblem, type Token } from './tokens.ts';

export type ParsedFormula =
  | { readonly ok: true; readonly ast: Expression }
  | ({ readonly ok: false } & FormulaProblem);

/** Brackets, calls and signs inside one another. Salesforce's own size limit stops people well before it. */
export const MAX_NESTING = 250;

/**
 * Reads the text of a formula field, validation rule or default value, as describes and the Metadata API give it.
 * Linear in the length of the text; never throws. Takes any name for a function or a field; neither is looked up.
 */
export function parseFormula(source: string): ParsedFormula {
  const tokenized = tokenize(source);
  return tokenized.ok ? new Parser(tokenized.tokens).parse() : tokenized;
}

const NOTHING: Expression = { kind: 'null' };

/**
 * Precedence climbing. The first problem moves the cursor to the end token, where every loop ends by itself, so
 * no method has to look whether another one failed.
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
    if (this.#current.kind !== 'end') this.#refuse(`did not expect ${describe(this.#current)}`);
    return this.#problem === undefined ? { ok: true, ast } : { ok: false, ...this.#problem };
  }

  get #current(): Token {
    return this.#tokens[this.#at]!;
  }

  #refuse(message: string): Expression {
    this.#problem ??= { position: this.#current.position, message };
    this.#at = this.#tokens.length - 1;
    return NOTHING;
  }

  /** Moves past the symbol if it is next. */
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
      this.#refuse(`expected "${symbol}" but found ${describe(this.#current)}`);
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
    if (token.kind === 'end') return this.#refuse('the formula ends where a value is expected');
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
      return this.#refuse(`expected a value but found "${symbol}"`);
    return this.#nested(() => {
      this.#at += 1;
      return { kind: 'sign', operator: symbol, operand: this.#operand() };
    });
  }

  #call(name: Token): Expression {
    if (/[.:$]/.test(name.value))
      return this.#refuse(`"${name.value}" is not the name of a function`);
    return this.#nested(() => {
      this.#expect('(');
      const given: Expression[] = [];
      if (!this.#sees(')')) {
        do given.push(this.#expression(1));
        while (this.#take(','));
      }
      this.#expect(')');
      return { kind: 'call', name: name.value.toUpperCase(), arguments: given };
    });
  }

  #nested(read: () => Expression): Expression {
    if (this.#nesting >= MAX_NESTING)
      return this.#refuse(`more than ${MAX_NESTING} levels of nesting`);
    this.#nesting += 1;
    const expression = read();
    this.#nesting -= 1;
    return expression;
  }
}

function named(path: string): Expression {
  const word = path.toUpperCase();
  if (word === 'TRUE' || word === 'FALSE') return { kind: 'boolean', value: word === 'TRUE' };
  return word === 'NULL' ? NOTHING : { kind: 'reference', path: path.split('.').map(readStep) };
}

function readStep(text: string): PathStep {
  const [name = '', target] = text.split(':', 2);
  return { name, target };
}

/** What is longer is not cut: half of a secret that somebody pasted is one that nothing recognizes. */
const LONGEST_QUOTED = 80;

function describe(token: Token): string {
  if (token.kind === 'end') return 'the end of the formula';
  return token.kind === 'text'
    ? 'a text'
    : token.value.length > LONGEST_QUOTED
      ? 'a long name'
      : `"${token.value}"`;
}

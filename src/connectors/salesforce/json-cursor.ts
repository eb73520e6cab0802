import { RunnerError } from '../../runtime/errors.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const OPEN_OBJECT = 0x7b;

/** What a byte outside of strings means for finding the end of a value. */
const [PLAIN, OPEN, CLOSE, STRING, PART] = [0, 1, 2, 3, 4];
const MEANING = new Uint8Array(256).fill(PLAIN);
for (const byte of [OPEN_LIST, OPEN_OBJECT]) MEANING[byte] = OPEN;
for (const byte of [0x5d, 0x7d]) MEANING[byte] = CLOSE;
MEANING[QUOTE] = STRING;
MEANING[COMMA] = PART;

/**
 * A place in JSON text from which its structure can be walked without making anything of what is passed over. It trusts
 * that the parts that are kept will be parsed: it finds where values end, not whether they are right. Whoever takes a
 * member or an element must move past it. Throws SALESFORCE_UNEXPECTED (worth another try) for a text that ends early.
 */
export class JsonCursor {
  readonly #text: Buffer;
  #at = 0;

  constructor(text: Buffer) {
    this.#text = text;
  }

  get at(): number {
    return this.#at;
  }

  /** Whether the value here is an object, or a list. */
  opens(bracket: '{' | '['): boolean {
    return this.#peek() === bracket.charCodeAt(0);
  }

  /** The names of an object's members, each with the cursor at its value. */
  *members(): Generator<string, void, undefined> {
    this.#expect(OPEN_OBJECT);
    for (let more = MEANING[this.#peek()] !== CLOSE; more; more = this.#next()) {
      if (this.#peek() !== QUOTE) throw broken();
      const start = this.#at;
      this.skip();
      const name = this.#text.toString('utf8', start + 1, this.#at - 1);
      this.#expect(0x3a);
      this.#peek();
      yield name;
    }
    this.#at += 1;
  }

  /** Once for each element of a list, with the cursor at it. */
  *elements(): Generator<void, void, undefined> {
    this.#expect(OPEN_LIST);
    for (let more = MEANING[this.#peek()] !== CLOSE; more; more = this.#next()) yield;
    this.#at += 1;
  }

  /** Moves past the value here, and gives its text. */
  take(): Buffer {
    this.#peek();
    const start = this.#at;
    this.skip();
    return this.#text.subarray(start, this.#at);
  }

  /** Moves past the value here. */
  skip(): void {
    const meaning = MEANING[this.#peek()];
    if (meaning === STRING) this.#at = endOfString(this.#text, this.#at);
    else if (meaning === OPEN) this.#at = endOfContainer(this.#text, this.#at);
    else while (!/[\s,\]}]/.test(String.fromCharCode(this.#byte()))) this.#at += 1;
  }

  /** Moves past the list here, and says how many elements it has. */
  skipList(): number {
    if (!this.opens('[')) throw broken();
    const start = this.#at;
    let [depth, commas] = [0, 0];
    for (let at = start; at < this.#text.length; at++) {
      const meaning = MEANING[this.#text[at]!];
      if (meaning === PLAIN) continue;
      if (meaning === STRING) at = endOfString(this.#text, at) - 1;
      else if (meaning === OPEN) depth += 1;
      else if (meaning === PART) commas += Number(depth === 1);
      else if ((depth -= 1) === 0) {
        this.#at = at + 1;
        return commas === 0 && this.#text.toString('latin1', start + 1, at).trim() === '' ? 0 : commas + 1;
      }
    }
    throw broken();
  }

  /** Whether a comma leads to another one. */
  #next(): boolean {
    const byte = this.#peek();
    if (byte !== COMMA && MEANING[byte] !== CLOSE) throw broken();
    if (byte === COMMA) this.#at += 1;
    return byte === COMMA;
  }

  #expect(byte: number): void {
    if (this.#peek() !== byte) throw broken();
    this.#at += 1;
  }

  /** The next byte that is not white space. */
  #peek(): number {
    while (this.#byte() <= 0x20) this.#at += 1;
    return this.#byte();
  }

  #byte(): number {
    const byte = this.#text[this.#at];
    if (byte === undefined) throw broken();
    return byte;
  }
}

function endOfContainer(text: Buffer, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const meaning = MEANING[text[at]!];
    if (meaning === PLAIN || meaning === PART) continue;
    if (meaning === STRING) at = endOfString(text, at) - 1;
    else if (meaning === OPEN) depth += 1;
    else if ((depth -= 1) === 0) return at + 1;
  }
  throw broken();
}

function endOfString(text: Buffer, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const byte = text[at];
    if (byte === QUOTE) return at + 1;
    if (byte === BACKSLASH) at += 1;
  }
  throw broken();
}

export function broken(): RunnerError {
  return new RunnerError('SALESFORCE_UNEXPECTED', 'an answer is not the JSON it should be', { retryable: true });
}

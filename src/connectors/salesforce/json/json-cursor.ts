import { RunnerError } from '../errors/errors.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const COLON = 0x3a;

/** What a byte outside of strings means for the end of a value. */
const [PLAIN, OPEN, CLOSE, STRING] = [0, 1, 2, 3];
const MEANING = new Uint8Array(256).fill(PLAIN);
for (const byte of [OPEN_LIST, OPEN_OBJECT]) MEANING[byte] = OPEN;
for (const byte of [CLOSE_LIST, CLOSE_OBJECT]) MEANING[byte] = CLOSE;
MEANING[QUOTE] = STRING;

/**
 * A position in JSON text. Walks the structure without building values of what it passes. It finds
 * where values end and does not validate them: the parts that are kept are parsed later. In a loop
 * over members or elements, the caller moves past each. Throws SALESFORCE_UNEXPECTED (retryable)
 * for a text that ends early.
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

  /** Moves to the value here, and returns whether it is an object, or a list. */
  opens(bracket: '{' | '['): boolean {
    return this.#skipToNextByte() === bracket.charCodeAt(0);
  }

  /** The names of an object's members, each with the cursor at its value. */
  *members(): Generator<string, void, undefined> {
    this.#expect(OPEN_OBJECT);
    let more = !this.#isAtClose();
    while (more) {
      if (this.#skipToNextByte() !== QUOTE) throw malformed();
      const start = this.#at;
      this.skip();
      const name = this.#text.toString('utf8', start + 1, this.#at - 1);
      this.#expect(COLON);
      this.#skipToNextByte();
      yield name;
      more = this.#next();
    }
    this.#at += 1;
  }

  /** Once for each element of a list, with the cursor at it. */
  *elements(): Generator<void, void, undefined> {
    this.#expect(OPEN_LIST);
    let more = !this.#isAtClose();
    while (more) {
      yield;
      more = this.#next();
    }
    this.#at += 1;
  }

  /** Moves past the value here, and gives its text. */
  take(): Buffer {
    this.#skipToNextByte();
    const start = this.#at;
    this.skip();
    return this.#text.subarray(start, this.#at);
  }

  /** Moves past the value here. */
  skip(): void {
    this.#skipToNextByte();
    this.#at = endOfValue(this.#text, this.#at);
  }

  /** Moves to a position that was found by other means. */
  moveTo(at: number): void {
    this.#at = at;
  }

  #isAtClose(): boolean {
    return MEANING[this.#skipToNextByte()] === CLOSE;
  }

  /** Moves past a comma, and returns whether there was one: whether another element follows. */
  #next(): boolean {
    const byte = this.#skipToNextByte();
    if (byte !== COMMA && MEANING[byte] !== CLOSE) throw malformed();
    if (byte === COMMA) this.#at += 1;
    return byte === COMMA;
  }

  #expect(byte: number): void {
    if (this.#skipToNextByte() !== byte) throw malformed();
    this.#at += 1;
  }

  /** Moves to the next byte that is not white space, and returns it. */
  #skipToNextByte(): number {
    this.#at = afterBlank(this.#text, this.#at);
    return this.#text[this.#at]!;
  }
}

/** Where the white space here ends. */
export function afterBlank(text: Buffer, start: number): number {
  let at = start;
  while (text[at]! <= 0x20) at += 1;
  if (at >= text.length) throw malformed();
  return at;
}

/** Where the value that begins here ends. */
export function endOfValue(text: Buffer, start: number): number {
  const meaning = MEANING[text[start]!];
  if (meaning === STRING) return endOfString(text, start);
  if (meaning === OPEN) return endOfContainer(text, start);
  let at = start;
  while (text[at]! > 0x20 && text[at] !== COMMA && MEANING[text[at]!] !== CLOSE) at += 1;
  if (at >= text.length) throw malformed();
  return at;
}

const [NULL, TRUE, START_OF_FALSE] = ['null', 'true', 'false'].map((text) =>
  Buffer.from(text).readInt32LE(),
);
const LAST_OF_FALSE = 0x65;

/**
 * Where the literal that begins here ends, if it is null, true or false, which most values are;
 * `view` is of the same memory. Undefined for any other value, and at the end of the text.
 */
export function endOfLiteral(text: Buffer, view: DataView, start: number): number | undefined {
  if (start + 5 > text.length) return undefined;
  const word = view.getInt32(start, true);
  if (word === NULL || word === TRUE) return start + 4;
  return word === START_OF_FALSE && text[start + 4] === LAST_OF_FALSE ? start + 5 : undefined;
}

function endOfContainer(text: Buffer, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const meaning = MEANING[text[at]!];
    if (meaning === PLAIN) continue;
    if (meaning === STRING) at = endOfString(text, at) - 1;
    else if (meaning === OPEN) depth += 1;
    else if ((depth -= 1) === 0) return at + 1;
  }
  throw malformed();
}

export function endOfString(text: Buffer, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const byte = text[at];
    if (byte === QUOTE) return at + 1;
    if (byte === BACKSLASH) at += 1;
  }
  throw malformed();
}

export function malformed(): RunnerError {
  return new RunnerError('SALESFORCE_UNEXPECTED', 'a response contains malformed JSON', {
    retryable: true,
  });
}

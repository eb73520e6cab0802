import { afterBlank, broken, endOfString, endOfValue } from './json-cursor.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const [FALSE, NULL, ZERO] = ['f', 'n', '0'].map((text) => text.charCodeAt(0));

/**
 * The members that are read of objects in a list. All others are dropped while they are bytes, and so is what goes without
 * saying: null, false, zero and empty lists. Most of a list of fields is one or the other.
 */
export class WantedMembers {
  /** By a hash of the name: 0 drops it; 2 keeps it even if it is false or zero. Another name of the same hash is kept for nothing. */
  readonly #kept = new Uint8Array(4096);

  /** `telling` are those for which false and zero say something else than their absence. */
  constructor(names: Iterable<string>, telling: Iterable<string> = []) {
    for (const [value, group] of [
      [1, names],
      [2, telling],
    ] as const) {
      for (const name of group)
        this.#kept[hashOf(Buffer.from(name), 0, Buffer.byteLength(name))] = value;
    }
  }

  /** Whether to keep the member whose name and value stand there. */
  keeps(text: Buffer, name: number, nameEnd: number, value: number, valueEnd: number): boolean {
    const kept = this.#kept[hashOf(text, name, nameEnd)];
    if (kept === 0) return false;
    const first = text[value];
    if (first === NULL) return false;
    if (first === FALSE) return kept === 2;
    if (first === ZERO) return kept === 2 || valueEnd - value > 1;
    return first !== OPEN_LIST || valueEnd - value > 2;
  }
}

function hashOf(text: Buffer, start: number, end: number): number {
  const length = end - start;
  return length === 0
    ? 0
    : (length * 37 + text[start]! * 5 + text[end - 1]! * 113 + text[start + (length >> 1)]! * 19) &
        4095;
}

export interface TrimmedList {
  /** The list with what is wanted of its objects. It is good until the next list is trimmed. */
  readonly json: Buffer;
  readonly length: number;
  /** Where the list ends in its text. */
  readonly end: number;
}

/** What is kept of a list is never longer than the list; the room of a very long one is not held on to. */
const MOST_ROOM = 4 * 1024 * 1024;
let room = Buffer.alloc(0);

function roomFor(bytes: number): Buffer {
  if (room.length < bytes || room.length > MOST_ROOM)
    room = Buffer.allocUnsafeSlow(Math.max(bytes, MOST_ROOM / 4));
  return room;
}

/** The list that begins at `start`. Throws SALESFORCE_UNEXPECTED (worth another try) for a text that ends early. */
export function trimList(text: Buffer, start: number, wanted: WantedMembers): TrimmedList {
  return new ListTrimmer(text, start, wanted).list();
}

class ListTrimmer {
  readonly #text: Buffer;
  readonly #wanted: WantedMembers;
  readonly #room: Buffer;
  #at: number;
  #put = 0;

  constructor(text: Buffer, start: number, wanted: WantedMembers) {
    this.#text = text;
    this.#wanted = wanted;
    this.#room = roomFor(text.length - start);
    this.#at = start;
  }

  list(): TrimmedList {
    let length = 0;
    this.#byte(OPEN_LIST);
    this.#at = afterBlank(this.#text, this.#at + 1);
    while (this.#text[this.#at] !== CLOSE_LIST) {
      if (length > 0) this.#comma();
      if (this.#text[this.#at] === OPEN_OBJECT) this.#object();
      else this.#keepTo(this.#at, endOfValue(this.#text, this.#at));
      this.#at = afterBlank(this.#text, this.#at);
      length += 1;
    }
    this.#byte(CLOSE_LIST);
    return { json: this.#room.subarray(0, this.#put), length, end: this.#at + 1 };
  }

  #object(): void {
    const text = this.#text;
    let [members, kept] = [0, 0];
    this.#byte(OPEN_OBJECT);
    this.#at = afterBlank(text, this.#at + 1);
    while (text[this.#at] !== CLOSE_OBJECT) {
      if (members++ > 0) this.#at = this.#afterComma();
      const name = this.#at;
      if (text[name] !== QUOTE) throw broken();
      const nameEnd = endOfString(text, name);
      const value = this.#afterColon(nameEnd);
      const end = endOfValue(text, value);
      if (this.#wanted.keeps(text, name + 1, nameEnd - 1, value, end)) {
        if (kept++ > 0) this.#byte(COMMA);
        this.#keepTo(name, end);
      }
      this.#at = afterBlank(text, end);
    }
    this.#byte(CLOSE_OBJECT);
    this.#at += 1;
  }

  #afterColon(nameEnd: number): number {
    const colon = afterBlank(this.#text, nameEnd);
    if (this.#text[colon] !== COLON) throw broken();
    return afterBlank(this.#text, colon + 1);
  }

  #afterComma(): number {
    if (this.#text[this.#at] !== COMMA) throw broken();
    return afterBlank(this.#text, this.#at + 1);
  }

  #comma(): void {
    this.#at = this.#afterComma();
    this.#byte(COMMA);
  }

  #byte(byte: number): void {
    this.#room[this.#put++] = byte;
  }

  #keepTo(start: number, end: number): void {
    this.#put += this.#text.copy(this.#room, this.#put, start, end);
    this.#at = end;
  }
}

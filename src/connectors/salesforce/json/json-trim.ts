import { afterBlank, endOfLiteral, endOfString, endOfValue, malformed } from './json-cursor.ts';
import {
  isWorthKeeping,
  standsAt,
  type WantedMember,
  type WantedMembers,
} from './wanted-members.ts';

/*
 * Invariant. A list is trimmed in place: each byte that is written was read before (members are
 * copied whole, and each bracket and comma stands for one that was read), so the writing position
 * never passes the reading position.
 */

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

export interface TrimmedList {
  /** The list with the wanted members of its objects: a part of the text it was in. */
  readonly json: Buffer;
  readonly length: number;
  /** Where the list ended in its text. */
  readonly end: number;
}

/**
 * Trims the list that begins at `start` and overwrites it: nothing is allocated, and what remains
 * between the trimmed list and `end` is undefined. Throws SALESFORCE_UNEXPECTED (retryable) for a
 * text that ends early.
 */
export function trimListInPlace(text: Buffer, start: number, wanted: WantedMembers): TrimmedList {
  return new ListTrimmer(text, start, wanted).list();
}

class ListTrimmer {
  readonly #text: Buffer;
  /** The same memory, to read several bytes at once. */
  readonly #view: DataView;
  readonly #wanted: WantedMembers;
  readonly #start: number;
  /** Reading position. */
  #at: number;
  /** Writing position. */
  #put: number;
  /** The member whose name was read last. */
  #member: WantedMember | undefined;

  constructor(text: Buffer, start: number, wanted: WantedMembers) {
    this.#text = text;
    this.#view = new DataView(text.buffer, text.byteOffset, text.byteLength);
    this.#wanted = wanted;
    this.#start = start;
    this.#at = start;
    this.#put = start;
  }

  list(): TrimmedList {
    let length = 0;
    this.#write(OPEN_LIST);
    this.#at = afterBlank(this.#text, this.#at + 1);
    while (this.#text[this.#at] !== CLOSE_LIST) {
      if (length > 0) this.#comma();
      if (this.#text[this.#at] === OPEN_OBJECT) this.#object(length === 0);
      else this.#keepTo(this.#at, endOfValue(this.#text, this.#at));
      this.#at = afterBlank(this.#text, this.#at);
      length += 1;
    }
    this.#write(CLOSE_LIST);
    return { json: this.#text.subarray(this.#start, this.#put), length, end: this.#at + 1 };
  }

  /** Only the names of a first object are remembered, so differing objects take no longer. */
  #object(isFirst: boolean): void {
    const text = this.#text;
    let [members, kept] = [0, 0];
    this.#write(OPEN_OBJECT);
    this.#at = afterBlank(text, this.#at + 1);
    while (text[this.#at] !== CLOSE_OBJECT) {
      if (members > 0) this.#at = this.#afterComma();
      const name = this.#at;
      const value = this.#name(members++, isFirst);
      const end = endOfLiteral(text, this.#view, value) ?? endOfValue(text, value);
      if (this.#member !== undefined && isWorthKeeping(this.#member, text, value, end)) {
        if (kept++ > 0) this.#write(COMMA);
        this.#keepTo(name, end);
      }
      this.#at = afterBlank(text, end);
    }
    this.#write(CLOSE_OBJECT);
    this.#at += 1;
  }

  /** Reads the name here, and returns where its value begins. */
  #name(place: number, isFirst: boolean): number {
    const known = this.#wanted.known(place);
    if (known !== undefined && standsAt(known, this.#view, this.#at)) {
      this.#member = known.member;
      return afterBlank(this.#text, this.#at + known.length);
    }
    const start = this.#at;
    if (this.#text[start] !== QUOTE) throw malformed();
    const end = endOfString(this.#text, start);
    const value = this.#afterColon(end);
    this.#member = this.#wanted.find(this.#text, start + 1, end - 1);
    if (isFirst) this.#wanted.remember(place, this.#text, start, end, this.#member);
    return value;
  }

  #afterColon(nameEnd: number): number {
    const colon = afterBlank(this.#text, nameEnd);
    if (this.#text[colon] !== COLON) throw malformed();
    return afterBlank(this.#text, colon + 1);
  }

  #afterComma(): number {
    if (this.#text[this.#at] !== COMMA) throw malformed();
    return afterBlank(this.#text, this.#at + 1);
  }

  #comma(): void {
    this.#at = this.#afterComma();
    this.#write(COMMA);
  }

  #write(byte: number): void {
    this.#text[this.#put++] = byte;
  }

  #keepTo(start: number, end: number): void {
    if (start !== this.#put) this.#text.copyWithin(this.#put, start, end);
    this.#put += end - start;
    this.#at = end;
  }
}

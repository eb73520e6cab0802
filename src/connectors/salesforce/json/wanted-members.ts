/*
 * Invariant. Whether a member is kept depends on all bytes of its name: the hash only finds the
 * candidate to compare with, and so does the order of an earlier object.
 */

const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const [FALSE, NULL, ZERO] = ['f', 'n', '0'].map((text) => text.charCodeAt(0));
const WORD = 4;

export interface WantedMember {
  readonly name: Buffer;
  /** Whether to keep false and zero too. */
  readonly explicit: boolean;
}

/** A name in its quotes and the colon after it, as they stand in an earlier object. */
export interface KnownName {
  readonly member: WantedMember | undefined;
  readonly length: number;
  /** All bytes as words; the last two words overlap unless they need not. */
  readonly words: Int32Array;
}

/** Far more than there are names, so that most unwanted names meet an empty slot. */
const SLOTS = 4096;
/** More members than an object of Salesforce has. */
const MAX_KNOWN = 128;

/**
 * The members to keep of the objects in a list. All others are dropped while they are bytes, and so
 * are the values that the reader assumes for a missing member: null, false, zero and the empty
 * list. Most of a list of fields is one or the other. Objects of one kind have the same members in
 * the same order, so a name is compared with the one that an earlier object had at its place, four
 * bytes at a time. Other names are looked up as bytes in a hash table of our own: a Map of strings
 * takes 2.6 times as long.
 */
export class WantedMembers {
  readonly #members: readonly WantedMember[];
  /**
   * A hash table with linear probing: 0 for an empty slot, else an index of `#members` plus one.
   */
  readonly #slots = new Uint8Array(SLOTS);
  readonly #known: KnownName[] = [];

  /** `explicit` are those of which false and zero do not mean the same as a missing member. */
  constructor(names: readonly string[], explicit: readonly string[] = []) {
    this.#members = [
      ...names.map((name) => ({ name: Buffer.from(name), explicit: false })),
      ...explicit.map((name) => ({ name: Buffer.from(name), explicit: true })),
    ];
    for (const [index, { name }] of this.#members.entries()) {
      let slot = hashOf(name, 0, name.length);
      while (this.#slots[slot] !== 0) slot = (slot + 1) % SLOTS;
      this.#slots[slot] = index + 1;
    }
  }

  /** The member with the name that stands there; undefined for an unwanted one. */
  find(text: Buffer, start: number, end: number): WantedMember | undefined {
    for (let slot = hashOf(text, start, end); ; slot = (slot + 1) % SLOTS) {
      const index = this.#slots[slot]!;
      if (index === 0) return undefined;
      const member = this.#members[index - 1]!;
      if (equals(text, start, end, member.name)) return member;
    }
  }

  /** The name that an earlier object had at this place among its members. */
  known(place: number): KnownName | undefined {
    return this.#known[place];
  }

  /** Remembers a name with its quotes, if its colon follows at once, for `known`. */
  remember(
    place: number,
    text: Buffer,
    start: number,
    end: number,
    member: WantedMember | undefined,
  ): void {
    if (place > this.#known.length || place >= MAX_KNOWN || text[end] !== COLON) return;
    const length = end + 1 - start;
    if (length < WORD) return;
    const words = new Int32Array(Math.ceil(length / WORD));
    for (let index = 0; index < words.length; index++)
      words[index] = text.readInt32LE(start + Math.min(index * WORD, length - WORD));
    this.#known[place] = { member, length, words };
  }
}

/** Whether the name stands there, with its quotes and its colon. */
export function standsAt({ words, length }: KnownName, view: DataView, at: number): boolean {
  if (at + length > view.byteLength) return false;
  const last = words.length - 1;
  for (let index = 0; index < last; index++)
    if (view.getInt32(at + index * WORD, true) !== words[index]) return false;
  return view.getInt32(at + length - WORD, true) === words[last];
}

/** Whether the value there says more than a missing member. */
export function isWorthKeeping(
  { explicit }: WantedMember,
  text: Buffer,
  value: number,
  valueEnd: number,
): boolean {
  const first = text[value];
  if (first === NULL) return false;
  if (first === FALSE) return explicit;
  if (first === ZERO) return explicit || valueEnd - value > 1;
  return first !== OPEN_LIST || valueEnd - value > 2;
}

function hashOf(text: Buffer, start: number, end: number): number {
  const length = end - start;
  if (length === 0) return 0;
  const middle = text[start + (length >> 1)]!;
  return (length * 37 + text[start]! * 5 + text[end - 1]! * 113 + middle * 19) % SLOTS;
}

function equals(text: Buffer, start: number, end: number, name: Buffer): boolean {
  if (end - start !== name.length) return false;
  for (let at = 0; at < name.length; at++) if (text[start + at] !== name[at]) return false;
  return true;
}

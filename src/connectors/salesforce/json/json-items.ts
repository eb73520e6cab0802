import { JsonCursor, malformed } from './json-cursor.ts';
import { trimListInPlace } from './json-trim.ts';
import type { WantedMembers } from './wanted-members.ts';

/**
 * What happens to large lists in an item's `body`: one is extracted as bytes, others are dropped.
 */
export interface ListCut {
  readonly extract: string;
  /** The members to keep of the objects in the extracted list. Default: all. */
  readonly wanted?: WantedMembers | undefined;
  readonly drop: readonly string[];
}

export interface JsonItem {
  /** The item as JSON, with an empty list in place of each list that was cut out. */
  readonly text: string;
  /** The list to extract; undefined if the item has none. */
  readonly extracted: JsonList | undefined;
}

/** A part of the text that it comes from: valid as long as that text. */
export interface JsonList {
  readonly json: Buffer;
  readonly length: number;
}

const NO_CUT: ListCut = { extract: '', drop: [] };
const EMPTY_LIST = '[]';
const PORTION_BYTES = 8 * 1024;

/**
 * The items of the list at `key` of a JSON object, one at a time. A composite of describes has some
 * megabytes, and would take ten times as much if it were parsed as a whole. Its items are small,
 * and most of an item is lists that are not needed, or not yet. Overwrites the parts of `text` that
 * it trims. Throws SALESFORCE_UNEXPECTED (retryable) for a text that ends early or has no such
 * list.
 */
export function* jsonItems(
  text: Buffer,
  key: string,
  cut: ListCut = NO_CUT,
): Generator<JsonItem, void, undefined> {
  const cursor = new JsonCursor(text);
  let found = false;
  for (const name of cursor.members()) {
    if (name !== key) cursor.skip();
    else {
      found = true;
      for (const _ of cursor.elements())
        yield cursor.opens('{')
          ? cutItem(text, cursor, cut)
          : { text: cursor.take().toString('utf8'), extracted: undefined };
    }
  }
  if (!found) throw malformed();
}

function cutItem(text: Buffer, cursor: JsonCursor, cut: ListCut): JsonItem {
  const pieces: string[] = [];
  let extracted: JsonList | undefined;
  let start = cursor.at;
  for (const name of bodyMembers(cursor)) {
    const extract = name === cut.extract;
    if (!cursor.opens('[') || !(extract || cut.drop.includes(name))) cursor.skip();
    else {
      pieces.push(text.toString('utf8', start, cursor.at), EMPTY_LIST);
      if (extract) extracted = extractList(text, cursor, cut.wanted);
      else cursor.skip();
      start = cursor.at;
    }
  }
  pieces.push(text.toString('utf8', start, cursor.at));
  return { text: pieces.join(''), extracted };
}

/** The members of the object at `body` of an item; the cursor moves past the item. */
function* bodyMembers(cursor: JsonCursor): Generator<string, void, undefined> {
  for (const name of cursor.members()) {
    if (name === 'body' && cursor.opens('{')) yield* cursor.members();
    else cursor.skip();
  }
}

function extractList(
  text: Buffer,
  cursor: JsonCursor,
  wanted: WantedMembers | undefined,
): JsonList {
  const start = cursor.at;
  if (wanted !== undefined) {
    const list = trimListInPlace(text, start, wanted);
    cursor.moveTo(list.end);
    return list;
  }
  let length = 0;
  for (const _ of cursor.elements()) {
    cursor.skip();
    length += 1;
  }
  return { json: text.subarray(start, cursor.at), length };
}

/**
 * The elements of a list in shorter lists, each as JSON of at least `bytes` except for the last.
 * Parsed one after the other, they take a fraction of the memory of the whole and as much time.
 */
export function* portionsOf(
  { json }: JsonList,
  bytes = PORTION_BYTES,
): Generator<string, void, undefined> {
  const cursor = new JsonCursor(json);
  let start: number | undefined;
  for (const _ of cursor.elements()) {
    start ??= cursor.at;
    cursor.skip();
    if (cursor.at - start < bytes) continue;
    yield `[${json.toString('utf8', start, cursor.at)}]`;
    start = undefined;
  }
  if (start !== undefined) yield `[${json.toString('utf8', start, cursor.at - 1)}]`;
}

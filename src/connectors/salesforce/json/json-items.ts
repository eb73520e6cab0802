import { broken, JsonCursor } from './json-cursor.ts';
import { trimList, type WantedMembers } from './json-trim.ts';

/** A large list within an item's `body`, and what is done with it: it is taken apart from the rest, or it is dropped. */
export interface Cut {
  readonly taken: string;
  /** What is wanted of the objects in the list that is taken; absent for all. */
  readonly wanted?: WantedMembers | undefined;
  readonly dropped: readonly string[];
}

export interface JsonItem {
  /** The item, with the lists that were cut out of it empty. */
  readonly text: string;
  /** The list that was taken, where there is one. */
  readonly taken: JsonList | undefined;
}

export interface JsonList {
  /** Good until the next item is asked for. */
  readonly json: Buffer;
  readonly length: number;
}

const NOTHING: Cut = { taken: '', dropped: [] };
const EMPTY_LIST = '[]';

/**
 * The items of the list that is the value of `key` in a JSON object, one at a time. A composite of describes is some
 * megabytes, and a large one becomes tens of them when it is parsed as a whole; its items are small, and most of them is
 * lists that nobody reads, or not yet. Throws SALESFORCE_UNEXPECTED (worth another try) when the text ends early or has
 * no such list.
 */
export function* jsonItems(
  text: Buffer,
  key: string,
  cut: Cut = NOTHING,
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
          : { text: cursor.take().toString('utf8'), taken: undefined };
    }
  }
  if (!found) throw broken();
}

function cutItem(text: Buffer, cursor: JsonCursor, cut: Cut): JsonItem {
  const pieces: string[] = [];
  let taken: JsonList | undefined;
  let start = cursor.at;
  for (const outer of cursor.members()) {
    if (outer !== 'body' || !cursor.opens('{')) cursor.skip();
    else {
      for (const name of cursor.members()) {
        if (!cursor.opens('[') || (name !== cut.taken && !cut.dropped.includes(name)))
          cursor.skip();
        else {
          pieces.push(text.toString('utf8', start, cursor.at), EMPTY_LIST);
          if (name === cut.taken) taken = takeList(text, cursor, cut.wanted);
          else cursor.skip();
          start = cursor.at;
        }
      }
    }
  }
  pieces.push(text.toString('utf8', start, cursor.at));
  return { text: pieces.join(''), taken };
}

function takeList(text: Buffer, cursor: JsonCursor, wanted: WantedMembers | undefined): JsonList {
  const start = cursor.at;
  if (wanted !== undefined) {
    const list = trimList(text, start, wanted);
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

/** The elements of a list, each as JSON: parts of its text, and no copies. */
export function* elementsOf({ json }: JsonList): Generator<Buffer, void, undefined> {
  const cursor = new JsonCursor(json);
  for (const _ of cursor.elements()) yield cursor.take();
}

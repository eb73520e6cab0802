import { broken, JsonCursor } from './json-cursor.ts';

/** A large list within an item's `body`, and what is done with it: its elements are taken one by one, or it is dropped. */
export interface Cut {
  readonly taken: string;
  readonly dropped: readonly string[];
}

export interface JsonItem {
  /** The item, with the lists that were cut out of it empty. */
  readonly text: string;
  /** The elements of the list that was taken, as slices of the text. */
  readonly elements: readonly Buffer[];
}

const NOTHING: Cut = { taken: '', dropped: [] };
const EMPTY_LIST = '[]';

/**
 * The items of the list that is the value of `key` in a JSON object, one at a time. A composite of describes is some
 * megabytes, and a large one becomes tens of them when it is parsed as a whole; its items are small, their fields are
 * smaller still, and most of the rest is lists that nobody reads. Throws SALESFORCE_UNEXPECTED (worth another try) when
 * the text ends early or has no such list.
 */
export function* jsonItems(text: Buffer, key: string, cut: Cut = NOTHING): Generator<JsonItem, void, undefined> {
  const cursor = new JsonCursor(text);
  let found = false;
  for (const name of cursor.members()) {
    if (name !== key) cursor.skip();
    else {
      found = true;
      for (const _ of cursor.elements()) yield cursor.opens('{') ? cutItem(text, cursor, cut) : { text: cursor.take().toString('utf8'), elements: [] };
    }
  }
  if (!found) throw broken();
}

function cutItem(text: Buffer, cursor: JsonCursor, { taken, dropped }: Cut): JsonItem {
  const pieces: string[] = [];
  const elements: Buffer[] = [];
  let start = cursor.at;
  const cutOut = (work: () => void): void => {
    pieces.push(text.toString('utf8', start, cursor.at), EMPTY_LIST);
    work();
    start = cursor.at;
  };
  for (const outer of cursor.members()) {
    if (outer !== 'body' || !cursor.opens('{')) cursor.skip();
    else {
      for (const name of cursor.members()) {
        if (!cursor.opens('[') || (name !== taken && !dropped.includes(name))) cursor.skip();
        else if (name === taken) cutOut(() => { for (const _ of cursor.elements()) elements.push(cursor.take()); });
        else cutOut(() => cursor.skip());
      }
    }
  }
  pieces.push(text.toString('utf8', start, cursor.at));
  return { text: pieces.join(''), elements };
}

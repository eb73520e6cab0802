import { RunnerError } from '../../runtime/errors.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = new Set([0x5b, 0x7b]);
const CLOSE = new Set([0x5d, 0x7d]);

/**
 * The items of the list that is the value of `key` in a JSON object, as slices of the text. A composite of describes is
 * some megabytes, and a large one becomes tens of them when it is parsed as a whole; its items are small and can be
 * dropped one after the other. Throws SALESFORCE_UNEXPECTED (worth another try) when the text ends early or has no such list.
 */
export function* jsonItems(text: Buffer, key: string): Generator<Buffer, void, undefined> {
  let start = 0;
  let depth = 0;
  for (let at = startOfList(text, key); at < text.length; at++) {
    const byte = text[at]!;
    if (byte === QUOTE) at = endOfString(text, at);
    else if (OPEN.has(byte)) {
      if (depth === 0) start = at;
      depth += 1;
    } else if (CLOSE.has(byte)) {
      if (depth === 0) return;
      depth -= 1;
      if (depth === 0) yield text.subarray(start, at + 1);
    }
  }
  throw broken();
}

function startOfList(text: Buffer, key: string): number {
  const head = new RegExp(`^\\s*\\{(?:.{0,1000}?,)?\\s*"${key}"\\s*:\\s*\\[`, 's').exec(text.toString('latin1', 0, 2000));
  if (head === null) throw broken();
  return head[0].length;
}

function endOfString(text: Buffer, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === BACKSLASH) at += 1;
    else if (text[at] === QUOTE) return at;
  }
  throw broken();
}

function broken(): RunnerError {
  return new RunnerError('SALESFORCE_UNEXPECTED', 'an answer is not the JSON it should be', { retryable: true });
}

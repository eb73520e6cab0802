import { decodeHTML } from 'entities';

/** A text with encoded characters decoded. */
export interface View {
  readonly text: string;
  /** The part of the original text that a part of the view comes from. */
  readonly original: (
    start: number,
    end: number,
  ) => { readonly start: number; readonly end: number };
}

interface Decoder {
  /** What every encoding contains: looking for a fixed text is far cheaper than `encoded`. */
  readonly mark: string;
  readonly encoded: RegExp;
  /** What a match of `encoded` stands for; the match itself if it is not an encoding. */
  readonly decode: (match: string) => string;
}

/**
 * Each character can be encoded or not, so the forms of a whole value cannot be listed: the text is
 * decoded instead.
 */
const DECODERS: readonly Decoder[] = [
  {
    mark: '&',
    encoded: /&(?:#0*\d{1,7}|#[xX]0*[0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});?/g,
    decode: decodeReference,
  },
  { mark: '%', encoded: /(?:%[0-9a-fA-F]{2})+/g, decode: decodePercent },
  { mark: '\\u', encoded: /\\u[0-9a-fA-F]{4}/g, decode: decodeUnicode },
  // The same in JSON in JSON.
  { mark: '\\\\u', encoded: /\\\\u[0-9a-fA-F]{4}/g, decode: decodeUnicode },
];
/** Most texts have none of it, and one search for all marks is cheaper than one for each. */
const ANY = /&[#A-Za-z]|%[0-9a-fA-F]{2}|\\u/;
/** Values encoded twice, in one way or in two, are found. */
const DEPTH = 2;

/**
 * The text itself, then with character references of HTML and XML, percent-encoding and `\u`
 * escapes decoded, each alone and in pairs. Time is linear in the text.
 */
export function decodedViews(text: string): View[] {
  const views: View[] = [{ text, original: (start, end) => ({ start, end }) }];
  if (!ANY.test(text)) return views;
  let level: readonly View[] = views;
  for (let depth = 0; depth < DEPTH && level.length > 0; depth++) {
    const known = views.length;
    for (const view of level)
      for (const decoder of DECODERS) addNew(views, decodeView(view, decoder));
    level = views.slice(known);
  }
  return views;
}

/** A set would compute a hash of each text, which takes longer than comparing a few of them. */
function addNew(views: View[], view: View | undefined): void {
  if (view !== undefined && views.every(({ text }) => text !== view.text)) views.push(view);
}

/** A decoded piece: its place in the view, and its place in the text that was decoded. */
interface Piece {
  readonly at: number;
  readonly size: number;
  readonly start: number;
  readonly end: number;
}

/** Undefined if nothing is encoded this way. */
function decodeView(view: View, { mark, encoded, decode }: Decoder): View | undefined {
  if (!view.text.includes(mark)) return undefined;
  const pieces: Piece[] = [];
  let shift = 0;
  const text = view.text.replace(encoded, (match: string, ...rest: readonly unknown[]) => {
    const decoded = decode(match);
    if (decoded === match) return match;
    const start = Number(rest.find((value) => typeof value === 'number'));
    pieces.push({ at: start + shift, size: decoded.length, start, end: start + match.length });
    shift += decoded.length - match.length;
    return decoded;
  });
  if (pieces.length === 0) return undefined;
  return {
    text,
    original: (start, end) =>
      view.original(sourceOf(pieces, start).start, sourceOf(pieces, end - 1).end),
  };
}

/** The part of the decoded text that one character of the view comes from. */
function sourceOf(
  pieces: readonly Piece[],
  index: number,
): { readonly start: number; readonly end: number } {
  let [low, high] = [0, pieces.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (pieces[middle]!.at <= index) low = middle + 1;
    else high = middle;
  }
  const piece = pieces[low - 1];
  if (piece === undefined) return { start: index, end: index + 1 };
  const beyond = index - piece.at - piece.size;
  return beyond < 0 ? piece : { start: piece.end + beyond, end: piece.end + beyond + 1 };
}

/**
 * Numbers beyond Unicode are not decoded, and neither are characters after a name without a
 * semicolon.
 */
function decodeReference(match: string): string {
  const { hex, decimal } =
    /^&#(?:[xX](?<hex>[0-9a-fA-F]+)|(?<decimal>\d+))/.exec(match)?.groups ?? {};
  if (hex === undefined && decimal === undefined) return decodeHTML(match);
  const point = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  return point > 0x10_ffff ? match : String.fromCodePoint(point);
}

function decodeUnicode(match: string): string {
  return String.fromCharCode(Number.parseInt(match.slice(-4), 16));
}

/** Bytes that are not UTF-8 are not decoded. */
function decodePercent(match: string): string {
  try {
    return decodeURIComponent(match);
  } catch {
    return match;
  }
}

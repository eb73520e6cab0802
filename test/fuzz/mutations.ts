/** Pieces that parsers treat in a special way. */
const TOKENS = [
  `{ } [ ] " ' : , \\ / * .. %2e%2e &#x0; &amp <![CDATA[ ]]> null true -0 1e999 9007199254740993`,
  String.raw`\u0000 \ud800 "__proto__" secret:/ secret:/a/../b &a *a <<: !!js - ? (((((((( )))))))) [[[[[[[[`,
]
  .flatMap((line) => line.split(' '))
  .concat('\n', '\0', ' ', '\ufeff', '\u2028', '\u202e', '\ud83d\ude00')
  .map((text) => Buffer.from(text));
const NUMBERS = [0, 1, 0x7f, 0x80, 0xff, 0x100, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];
const MAX_BYTES = 16 * 1024;

export type Fraction = () => number;

/** A copy of `input` with one to six random changes, some of them from another input. */
export function mutate(input: Buffer, other: Buffer, random: Fraction): Buffer {
  let bytes = Buffer.from(input);
  const changes = 1 + below(6, random);
  for (let change = 0; change < changes; change++)
    bytes = CHANGES[below(CHANGES.length, random)]!(bytes, other, random);
  return bytes.subarray(0, MAX_BYTES);
}

export function below(limit: number, random: Fraction): number {
  return Math.floor(random() * limit);
}

type Change = (bytes: Buffer, other: Buffer, random: Fraction) => Buffer<ArrayBuffer>;

const CHANGES: readonly Change[] = [
  flipBit,
  setByte,
  setNumber,
  removePiece,
  repeatPiece,
  insertToken,
  insertFromOther,
  truncate,
];

function flipBit(bytes: Buffer, _: Buffer, random: Fraction): Buffer<ArrayBuffer> {
  const changed = Buffer.from(bytes);
  if (changed.length > 0) changed[below(changed.length, random)]! ^= 1 << below(8, random);
  return changed;
}

function setByte(bytes: Buffer, _: Buffer, random: Fraction): Buffer<ArrayBuffer> {
  const changed = Buffer.from(bytes);
  if (changed.length > 0) changed[below(changed.length, random)] = below(256, random);
  return changed;
}

function setNumber(bytes: Buffer, _: Buffer, random: Fraction): Buffer<ArrayBuffer> {
  const changed = Buffer.from(bytes);
  const number = NUMBERS[below(NUMBERS.length, random)]!;
  if (changed.length >= 4) changed.writeUInt32BE(number, below(changed.length - 3, random));
  return changed;
}

function removePiece(bytes: Buffer, _: Buffer, random: Fraction): Buffer<ArrayBuffer> {
  const [start, end] = piece(bytes, random);
  return Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]);
}

function repeatPiece(bytes: Buffer, _: Buffer, random: Fraction): Buffer<ArrayBuffer> {
  const [start, end] = piece(bytes, random);
  const times = random() < 0.1 ? 200 : 1 + below(3, random);
  const copies = Array.from({ length: times }, () => bytes.subarray(start, end));
  return Buffer.concat([bytes.subarray(0, end), ...copies, bytes.subarray(end)]);
}

function insertToken(bytes: Buffer, _: Buffer, random: Fraction): Buffer<ArrayBuffer> {
  return insert(bytes, TOKENS[below(TOKENS.length, random)]!, random);
}

function insertFromOther(bytes: Buffer, other: Buffer, random: Fraction): Buffer<ArrayBuffer> {
  const [start, end] = piece(other, random);
  return insert(bytes, other.subarray(start, end), random);
}

function truncate(bytes: Buffer, _: Buffer, random: Fraction): Buffer<ArrayBuffer> {
  return Buffer.from(bytes.subarray(0, below(bytes.length + 1, random)));
}

function insert(bytes: Buffer, added: Buffer, random: Fraction): Buffer<ArrayBuffer> {
  const at = below(bytes.length + 1, random);
  return Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at)]);
}

function piece(bytes: Buffer, random: Fraction): [number, number] {
  const start = below(bytes.length + 1, random);
  const longest = Math.min(bytes.length - start, random() < 0.5 ? 8 : 512);
  return [start, start + below(longest + 1, random)];
}

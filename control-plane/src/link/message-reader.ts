const FINAL_BINARY = 0x82;
const FINAL_PING = 0x89;
const FINAL_PONG = 0x8a;
const MASKED = 0x80;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const KEY_BYTES = 4;
/** Unmasked in one step of the loop, which takes a third of the time of single words. */
const STEP_WORDS = 4;
const STEP_BYTES = 16;
const NOTHING = Buffer.alloc(0);

export interface MessageReaderOptions {
  readonly maxBytes: number;
  readonly onMessage: (message: Buffer) => void;
  /** Called with every byte that is not read here. */
  readonly onOther: (bytes: Buffer) => void;
}

type Head =
  | 'incomplete'
  | 'unknown'
  | { readonly frame: 'message' | 'control'; readonly bytes: number; readonly length: number };

/**
 * Reads the bytes of a WebSocket client (RFC 6455, section 5.2) as far as they are what runners
 * send: binary messages of one frame each. Pings and pongs are passed on, and so is everything from
 * any other frame on. A payload is copied once and unmasked by words; by bytes, that takes twice as
 * long as decrypting it.
 */
export class MessageReader {
  readonly #options: MessageReaderOptions;
  #partialHead: Buffer = NOTHING;
  #payload: Payload | undefined;
  /** How many of the next bytes are passed on. */
  #passing = 0;

  constructor(options: MessageReaderOptions) {
    this.#options = options;
  }

  push(chunk: Buffer): void {
    let rest = this.#partialHead.length === 0 ? chunk : Buffer.concat([this.#partialHead, chunk]);
    this.#partialHead = NOTHING;
    while (rest.length > 0) {
      const read = this.#read(rest);
      if (read === 0) this.#partialHead = rest;
      rest = read === 0 ? NOTHING : rest.subarray(read);
    }
  }

  /** Returns how many bytes it has read: none if a head has not arrived whole. */
  #read(bytes: Buffer): number {
    if (this.#payload !== undefined) return this.#fill(this.#payload, bytes);
    if (this.#passing > 0) return this.#pass(bytes);
    const head = headOf(bytes);
    if (head === 'incomplete') return 0;
    if (head === 'unknown' || head.length > this.#options.maxBytes) this.#passing = Infinity;
    else if (head.frame === 'control') this.#passing = head.bytes + head.length;
    else return this.#begin(head.bytes, head.length, bytes);
    return this.#pass(bytes);
  }

  #begin(headBytes: number, length: number, bytes: Buffer): number {
    const payload = new Payload(length, bytes.subarray(headBytes - KEY_BYTES, headBytes));
    return headBytes + this.#fill(payload, bytes.subarray(headBytes));
  }

  #fill(payload: Payload, bytes: Buffer): number {
    const read = payload.push(bytes);
    this.#payload = payload.isWhole ? undefined : payload;
    if (payload.isWhole) this.#options.onMessage(payload.unmasked());
    return read;
  }

  #pass(bytes: Buffer): number {
    const passed = bytes.subarray(0, this.#passing);
    this.#passing -= passed.length;
    this.#options.onOther(passed);
    return passed.length;
  }
}

/** The payload of one frame. */
class Payload {
  /** A buffer of its own begins at a whole word. */
  readonly #target: Buffer;
  readonly #length: number;
  readonly #key: number;
  #arrived = 0;

  constructor(length: number, key: Buffer) {
    this.#target = Buffer.allocUnsafeSlow(Math.ceil(length / STEP_BYTES) * STEP_BYTES);
    this.#length = length;
    this.#key = new Int32Array(Uint8Array.from(key).buffer)[0]!;
  }

  get isWhole(): boolean {
    return this.#arrived === this.#length;
  }

  /** Returns how many of the bytes belong to the payload. */
  push(bytes: Buffer): number {
    const read = bytes.copy(this.#target, this.#arrived, 0, this.#length - this.#arrived);
    this.#arrived += read;
    return read;
  }

  unmasked(): Buffer {
    unmask(new Int32Array(this.#target.buffer), this.#key);
    return this.#target.subarray(0, this.#length);
  }
}

function unmask(words: Int32Array, key: number): void {
  for (let index = 0; index < words.length; index += STEP_WORDS) {
    words[index]! ^= key;
    words[index + 1]! ^= key;
    words[index + 2]! ^= key;
    words[index + 3]! ^= key;
  }
}

function headOf(bytes: Buffer): Head {
  if (bytes.length < 2) return 'incomplete';
  const first = bytes.readUInt8(0);
  const second = bytes.readUInt8(1);
  const isControl = first === FINAL_PING || first === FINAL_PONG;
  if ((!isControl && first !== FINAL_BINARY) || (second & MASKED) === 0) return 'unknown';
  const short = second & ~MASKED;
  if (isControl && short >= LENGTH_16) return 'unknown';
  const frame = isControl ? 'control' : 'message';
  const extended = short === LENGTH_64 ? 8 : short === LENGTH_16 ? 2 : 0;
  const headBytes = 2 + extended + KEY_BYTES;
  if (bytes.length < headBytes) return 'incomplete';
  if (extended === 0) return { frame, bytes: headBytes, length: short };
  const length = extended === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  return { frame, bytes: headBytes, length };
}

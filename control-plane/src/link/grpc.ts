import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { ControlPlaneError } from '../runtime/errors.ts';
import { MAX_FRAME_BYTES } from './codec.ts';
import { CLOSE_TIMEOUT_MS, Inbox, type Wire } from './wire.ts';

const METHOD = '/hybrid.runner.v1.RunnerLink/Connect';
const OK = 0;
const INTERNAL = 13;
const RESOURCE_EXHAUSTED = 8;
const UNIMPLEMENTED = 12;
const PREFIX_BYTES = 5;

/**
 * Serves RunnerLink/Connect on an HTTP/2 stream. The server of grpc-js is not used because its
 * receive window is fixed, which limits a runner to 64 KiB per round trip.
 */
export function answerGrpc(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  accept: (wire: Wire) => void,
): void {
  stream.on('error', () => stream.destroy());
  if (!(headers['content-type'] ?? '').startsWith('application/grpc')) {
    stream.respond({ ':status': 415 }, { endStream: true });
  } else if (headers[':path'] === METHOD) {
    accept(open(stream));
  } else {
    stream.respond(
      {
        ':status': 200,
        'content-type': 'application/grpc',
        'grpc-status': UNIMPLEMENTED,
        'grpc-message': 'unknown method',
      },
      { endStream: true },
    );
  }
}

function open(stream: ServerHttp2Stream): Wire {
  const inbox = new Inbox(
    () => void stream.pause(),
    () => void stream.resume(),
  );
  const splitter = new MessageSplitter();
  let status = OK;
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': String(status) }));
  stream.on('data', (chunk: Buffer) => {
    try {
      for (const message of splitter.push(chunk)) inbox.push(message);
    } catch (thrown) {
      status = thrown instanceof ControlPlaneError ? RESOURCE_EXHAUSTED : INTERNAL;
      inbox.end();
      stream.end();
    }
  });
  stream.on('end', () => inbox.end());
  const closed = Promise.withResolvers<void>();
  stream.on('close', () => {
    inbox.end();
    closed.resolve();
  });
  return {
    kind: 'grpc',
    messages: inbox,
    closed: closed.promise,
    send: (message) => {
      if (stream.writable) stream.write(prefixed(message));
    },
    expect: (bytes) => widen(stream, bytes),
    close: () => {
      inbox.end();
      stream.resume();
      stream.end();
      setTimeout(() => stream.destroy(), CLOSE_TIMEOUT_MS).unref();
    },
  };
}

/** Windows are renewed when half of them is used up, so they are twice what the peer may send. */
function widen({ session }: ServerHttp2Stream, bytes: number): void {
  if (session === undefined || session.destroyed) return;
  const window = 2 * bytes;
  if (window <= (session.state.effectiveLocalWindowSize ?? 0)) return;
  session.settings({ initialWindowSize: window });
  session.setLocalWindowSize(window);
}

function prefixed(message: Buffer): Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** Splits a byte stream into gRPC messages. Copies each byte at most once. */
class MessageSplitter {
  #chunks: Buffer[] = [];
  #length = 0;

  /** Throws PROTOCOL_VIOLATION for a compressed message or one over the size limit. */
  *push(chunk: Buffer): Generator<Buffer> {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    while (this.#length >= PREFIX_BYTES) {
      const whole = PREFIX_BYTES + this.#nextSize();
      if (this.#length < whole) return;
      const all = this.#join();
      this.#chunks = [all.subarray(whole)];
      this.#length -= whole;
      yield all.subarray(PREFIX_BYTES, whole);
    }
  }

  #nextSize(): number {
    const head = this.#chunks[0]!.length < PREFIX_BYTES ? this.#join() : this.#chunks[0]!;
    const size = head.readUInt32BE(1);
    if (head[0] !== 0 || size > MAX_FRAME_BYTES)
      throw new ControlPlaneError(
        'PROTOCOL_VIOLATION',
        'gRPC message is compressed or exceeds the size limit',
      );
    return size;
  }

  #join(): Buffer {
    const all = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
    this.#chunks = [all];
    return all;
  }
}

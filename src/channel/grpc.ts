import {
  connect as connectHttp2,
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
} from 'node:http2';
import type { Duplex } from 'node:stream';
import { untilAborted } from '../../foundation/src/runtime/abort.ts';
import type { Clock } from '../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { MAX_FRAME_BYTES } from './codec.ts';
import type { Opening } from './connection-dialer.ts';
import type { FramedChannel, Wire } from './framed-channel.ts';
import { MessageSplitter, prefixed } from './grpc-messages.ts';
import { statusError } from './grpc-status.ts';
import { explainAnswer, readBody } from './http-answer.ts';

const METHOD = '/hybrid.runner.v1.RunnerLink/Connect';
/**
 * HTTP/2 receive window of connection and stream. The default limits a link to 64 KiB per round
 * trip.
 */
const WINDOW_BYTES = 8 * 1024 * 1024;

/**
 * The gRPC method RunnerLink/Connect over HTTP/2, on a connection opened by `Connect`: proxy,
 * connectTo, CA and host checks are the same as for WebSocket (docs/decisions/0006).
 */
export const GRPC: Opening = {
  kind: 'grpc',
  alpn: 'h2',
  async open(connection, authority, clock, signal) {
    if (!supportsHttp2(connection))
      throw new RunnerError('PROTOCOL_VIOLATION', `${authority} does not support HTTP/2 (ALPN h2)`);
    const { session, stream } = await call(connection, authority, clock, signal);
    return { wire: wireOf(session, stream), listen: (channel) => listen(session, stream, channel) };
  },
};

async function call(
  connection: Duplex,
  authority: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<{ session: ClientHttp2Session; stream: ClientHttp2Stream }> {
  const session = connectHttp2(`https://${authority}`, {
    createConnection: () => connection,
    settings: { enablePush: false, initialWindowSize: WINDOW_BYTES },
  });
  session.once('connect', () => session.setLocalWindowSize(WINDOW_BYTES));
  const failed = Promise.withResolvers<never>();
  session.on('error', (error) => failed.reject(RunnerError.from(error, 'NETWORK_RESET')));
  session.on('close', () =>
    failed.reject(new RunnerError('NETWORK_RESET', `${authority} closed the connection`)),
  );
  const stream = session.request(
    {
      ':method': 'POST',
      ':path': METHOD,
      'content-type': 'application/grpc',
      te: 'trailers',
      'user-agent': 'hybrid-runner',
    },
    { endStream: false },
  );
  stream.on('error', (error) => failed.reject(RunnerError.from(error, 'NETWORK_RESET')));
  const answered = Promise.withResolvers<IncomingHttpHeaders>();
  stream.once('response', (headers) => answered.resolve(headers));
  const headers = await untilAborted(Promise.race([answered.promise, failed.promise]), signal);
  await check(headers, stream, authority, clock);
  return { session, stream };
}

async function check(
  headers: IncomingHttpHeaders,
  stream: ClientHttp2Stream,
  authority: string,
  clock: Clock,
): Promise<void> {
  const contentType = headers['content-type'] ?? '';
  const status = Number(headers[':status']);
  if (status !== 200 || !contentType.startsWith('application/grpc')) {
    const retryAfter = headers['retry-after'];
    throw explainAnswer(
      { status, contentType, retryAfter, body: await readBody(stream) },
      authority,
      clock.now(),
    );
  }
  const ended = headers['grpc-status'];
  if (ended !== undefined)
    throw (
      statusError(String(ended), text(headers['grpc-message'])) ??
      new RunnerError('NETWORK_RESET', `${authority} ended the call immediately`)
    );
}

function supportsHttp2(connection: Duplex): boolean {
  return 'alpnProtocol' in connection && connection.alpnProtocol === 'h2';
}

function wireOf(session: ClientHttp2Session, stream: ClientHttp2Stream): Wire {
  return {
    write(message, taken) {
      stream.cork();
      const pieces = prefixed(message);
      for (const piece of pieces.slice(0, -1)) stream.write(piece);
      stream.write(pieces.at(-1), () => taken());
      stream.uncork();
    },
    bufferedBytes: () => stream.writableLength,
    pause: () => void stream.pause(),
    resume: () => void stream.resume(),
    end: () => void stream.end(),
    destroy: () => {
      stream.close(constants.NGHTTP2_CANCEL);
      session.destroy();
    },
  };
}

function listen(
  session: ClientHttp2Session,
  stream: ClientHttp2Stream,
  channel: FramedChannel,
): void {
  const splitter = new MessageSplitter(MAX_FRAME_BYTES);
  let verdict: RunnerError | undefined = new RunnerError('NETWORK_RESET', 'connection lost');
  stream.on('data', (chunk: Buffer) => {
    try {
      for (const message of splitter.push(chunk)) channel.received(message);
    } catch (thrown) {
      channel.fail(RunnerError.from(thrown));
    }
  });
  stream.on('trailers', (trailers) => {
    verdict = statusError(text(trailers['grpc-status']), text(trailers['grpc-message']));
  });
  stream.on('error', (error) => {
    verdict = RunnerError.from(error, 'NETWORK_RESET');
  });
  stream.on('end', () => stream.end());
  stream.on('close', () => {
    channel.ended(verdict);
    session.destroy();
  });
}

function text(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

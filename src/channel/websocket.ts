import type { IncomingMessage } from 'node:http';
import type { createConnection } from 'node:net';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { untilAborted } from '../../foundation/src/runtime/abort.ts';
import type { Clock } from '../../foundation/src/runtime/clock.ts';
import { errorCodeOf } from '../../foundation/src/runtime/errno.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { MAX_FRAME_BYTES } from './codec.ts';
import type { Opening } from './connection-dialer.ts';
import type { FramedChannel, Wire } from './framed-channel.ts';
import { explainAnswer, readBody } from './http-answer.ts';
import { MessageWriter } from './message-writer.ts';

const PATH = '/runner/v1/link';
const SUBPROTOCOL = 'hybrid.runner.v1';

/** One frame in each binary message of a WebSocket over TLS. */
export const WEB_SOCKET: Opening = {
  kind: 'ws',
  alpn: 'http/1.1',
  async open(connection, authority, clock, signal) {
    const socket = await upgrade(connection, authority, clock, signal);
    return { wire: wireOf(socket, connection), listen: (channel) => listen(socket, channel) };
  },
};

async function upgrade(
  connection: Duplex,
  authority: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<WebSocket> {
  const { default: Socket } = await import('ws');
  const socket = new Socket(`wss://${authority}${PATH}`, SUBPROTOCOL, {
    createConnection: (() => connection) as unknown as typeof createConnection,
    perMessageDeflate: false,
    maxPayload: MAX_FRAME_BYTES,
    followRedirects: false,
  });
  const opened = Promise.withResolvers<void>();
  socket.once('open', () => {
    socket.pause();
    opened.resolve();
  });
  socket.on('error', (error) => opened.reject(upgradeError(error, authority)));
  socket.once(
    'unexpected-response',
    (_request, response: IncomingMessage) =>
      void refused(response, authority, clock).then((error) => opened.reject(error)),
  );
  try {
    await untilAborted(opened.promise, signal);
    return socket;
  } catch (thrown) {
    socket.terminate();
    throw thrown;
  }
}

async function refused(
  response: IncomingMessage,
  authority: string,
  clock: Clock,
): Promise<RunnerError> {
  const body = await readBody(response);
  const contentType = response.headers['content-type'] ?? '';
  return explainAnswer(
    {
      status: response.statusCode ?? 0,
      contentType,
      retryAfter: response.headers['retry-after'],
      body,
    },
    authority,
    clock.now(),
  );
}

function upgradeError(error: Error, authority: string): RunnerError {
  const known = RunnerError.from(error);
  if (known.code !== 'INTERNAL') return known;
  return new RunnerError(
    'PROTOCOL_VIOLATION',
    `${authority} did not respond as a WebSocket server`,
    { cause: error },
  );
}

/**
 * Messages go to the connection directly. Frames that ws sends by itself are written whole as well,
 * so that they stand between two messages.
 */
function wireOf(socket: WebSocket, connection: Duplex): Wire {
  const writer = new MessageWriter(connection);
  return {
    write: (message, taken) => writer.write(message, taken),
    bufferedBytes: () => writer.bytes,
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    end: (reason) =>
      writer.end(() => socket.close(1000, Buffer.from(reason).subarray(0, 100).toString())),
    destroy: () => socket.terminate(),
  };
}

function listen(socket: WebSocket, channel: FramedChannel): void {
  socket.on('message', (data: Buffer, binary: boolean) => {
    if (binary) channel.received(data);
    else
      channel.fail(
        new RunnerError('PROTOCOL_VIOLATION', 'received text message on a binary channel'),
      );
  });
  socket.on('error', (error) => channel.fail(receiveError(error)));
  socket.on('close', (code) => channel.ended(closeError(code)));
  socket.resume();
}

/** Errors of ws on an open channel: socket errors and violations of the framing. */
function receiveError(error: Error): RunnerError {
  const code = errorCodeOf(error);
  if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH')
    return new RunnerError('FRAME_TOO_LARGE', 'received message exceeds the size limit', {
      cause: error,
    });
  if (code?.startsWith('WS_ERR_') === true)
    return new RunnerError('PROTOCOL_VIOLATION', 'received data violates the WebSocket protocol', {
      cause: error,
    });
  return RunnerError.from(error, 'NETWORK_RESET');
}

/** RFC 6455, section 7.4.1. */
function closeError(code: number): RunnerError | undefined {
  if (code === 1000 || code === 1001 || code === 1005) return undefined;
  if (code === 1009)
    return new RunnerError('FRAME_TOO_LARGE', 'peer rejected a frame that exceeds its size limit');
  if (code === 1002 || code === 1003 || code === 1007 || code === 1008)
    return new RunnerError('PROTOCOL_VIOLATION', `peer closed with WebSocket status ${code}`);
  if (code === 1013)
    return new RunnerError(
      'CONTROL_PLANE_BUSY',
      'peer closed with WebSocket status 1013 (try again later)',
    );
  const message = code === 1006 ? 'connection lost' : `peer closed with WebSocket status ${code}`;
  return new RunnerError('NETWORK_RESET', message);
}

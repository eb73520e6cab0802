import { chmod, rm } from 'node:fs/promises';
import { createConnection, createServer, type Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { untilAborted } from '../../foundation/src/runtime/abort.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';

/** The limit for the path of a Unix socket, the smallest of all platforms. */
const MAX_PATH_BYTES = 103;
const MAX_ANSWER_BYTES = 1024 * 1024;
const TIMEOUT_MS = 5000;

export interface StatusServer {
  close(): Promise<void>;
}

/**
 * Writes one JSON document to every connection to a Unix socket (mode 0600) and closes the
 * connection. The caller holds the lock of the state directory, so a socket left by a killed
 * process is removed. Throws INPUT_INVALID if the path is too long.
 */
export async function serveStatus(
  path: string,
  status: () => Promise<unknown>,
): Promise<StatusServer> {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) {
    throw new RunnerError(
      'INPUT_INVALID',
      `the path of the status socket exceeds ${MAX_PATH_BYTES} bytes`,
      { remedy: 'Set status.socket to a shorter path.' },
    );
  }
  await rm(path, { force: true });
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy()).setTimeout(TIMEOUT_MS, () => socket.destroy());
    void status().then(
      (answer) => socket.end(`${JSON.stringify(answer)}\n`),
      () => socket.destroy(),
    );
  });
  await listen(server, path);
  await chmod(path, 0o600);
  server.unref();
  return {
    close: async () => {
      await new Promise((done) => server.close(done));
      await rm(path, { force: true });
    },
  };
}

async function listen(server: Server, path: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', (thrown) =>
    reject(
      new RunnerError('FILE_UNREADABLE', `failed to create the status socket ${path}`, {
        cause: thrown,
      }),
    ),
  );
  server.listen(path, resolve);
  await promise;
}

/** Reads the status of a running runner. Throws RUNNER_NOT_RUNNING if no runner answers. */
export async function readStatus(path: string, signal: AbortSignal): Promise<unknown> {
  const socket = createConnection(path);
  const timeout = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  let size = 0;
  socket.on('data', (chunk) => {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES)
      socket.destroy(new RunnerError('RESPONSE_TOO_LARGE', 'the status exceeds the size limit'));
  });
  try {
    return JSON.parse(await untilAborted(text(socket), timeout)) as unknown;
  } catch (thrown) {
    if (signal.aborted) throw RunnerError.from(signal.reason, 'ABORTED');
    throw new RunnerError('RUNNER_NOT_RUNNING', `no runner is listening on ${path}`, {
      cause: thrown,
    });
  } finally {
    socket.destroy();
  }
}

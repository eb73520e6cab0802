import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import type { DoubleAnswer, DoubleRequest } from '../support/manager-double.ts';

/** An emulator of a cloud that somebody else wrote, as a process of its own. It has no TLS. */
export interface Emulator {
  readonly origin: string;
  /** Passes a request on, as a TLS server in front of the emulator does. */
  readonly forward: (request: DoubleRequest) => Promise<DoubleAnswer>;
  readonly stop: () => Promise<void>;
}

/** `program` is one of the Python package beside `python`. */
export async function startEmulator(
  python: string,
  program: string,
  args: (port: string) => readonly string[],
): Promise<Emulator> {
  const port = await freePort();
  const child = spawn(join(dirname(python), program), args(String(port)), { stdio: 'ignore' });
  const exited = once(child, 'exit');
  const origin = `http://127.0.0.1:${port}`;
  await answers(origin, exited);
  return {
    origin,
    forward: (request) => forward(port, request),
    stop: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** With the `Host` that was asked for, which signatures cover. */
async function forward(
  port: number,
  { method, url, headers, body }: DoubleRequest,
): Promise<DoubleAnswer> {
  const { connection: _, 'accept-encoding': __, 'content-length': ___, ...kept } = headers;
  const path = `${url.pathname}${url.search}`;
  const sent = httpRequest({ host: '127.0.0.1', port, method, path, headers: kept });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return {
    status: response.statusCode ?? 0,
    headers: { 'content-type': response.headers['content-type'] ?? 'text/plain' },
    body: await text(response),
  };
}

async function answers(origin: string, exited: Promise<unknown>): Promise<void> {
  const ended = exited.then(() => {
    throw new Error(`the emulator at ${origin} ended before it answered`);
  });
  const tries = async (): Promise<void> => {
    for (let tried = 0; tried < 300; tried++) {
      if (await fetch(origin).then(Boolean, () => false)) return;
      await pause(200);
    }
    throw new Error(`the emulator at ${origin} does not answer`);
  };
  ended.catch(() => undefined);
  await Promise.race([tries(), ended]);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

import { isIP } from 'node:net';
import { isAbsolute } from 'node:path';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';

/** Where the metrics server listens. */
export type ListenAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

const REMEDY = 'Write 127.0.0.1:9464, [::1]:9464, or the absolute path of a Unix socket.';

/**
 * An IP address or `localhost` with a port, or the absolute path of a Unix socket. A name could
 * resolve to any address. Throws INPUT_INVALID.
 */
export function parseListenAddress(text: string): ListenAddress {
  if (isAbsolute(text)) return { kind: 'unix', path: text };
  const match = /^(?:\[(?<v6>[^\]]+)\]|(?<v4>[^:]+)):(?<port>\d{1,5})$/.exec(text);
  const { v4, v6, port } = match?.groups ?? {};
  const host = v4 === 'localhost' ? '127.0.0.1' : (v6 ?? v4 ?? '');
  const family = v6 === undefined ? 4 : 6;
  if (isIP(host) !== family || !(Number(port) >= 1 && Number(port) <= 65_535))
    throw new RunnerError('INPUT_INVALID', `"${text}" is not an address to listen on`, {
      remedy: REMEDY,
    });
  return { kind: 'tcp', host, port: Number(port) };
}

export function formatListenAddress(address: ListenAddress): string {
  if (address.kind === 'unix') return address.path;
  const { host, port } = address;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether only programs of this machine can connect. */
export function isLocal(address: ListenAddress): boolean {
  return address.kind === 'unix' || isLoopback(address.host);
}

function isLoopback(host: string): boolean {
  return isIP(host) === 4 ? host.startsWith('127.') : host === '::1';
}

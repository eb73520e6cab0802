import type { Duplex } from 'node:stream';
import { RunnerError } from '../runtime/errors.ts';
import { formatEndpoint, type Endpoint } from './endpoint.ts';
import type { Proxy } from './proxy.ts';
import { settle } from './settle.ts';

const MAX_HEAD = 16 * 1024;

/**
 * Requests a tunnel to `target` from the proxy at the other end of `stream`. Once resolved, the
 * stream carries the tunnel's bytes. Error messages never repeat the text of the response, which
 * may echo credentials.
 */
export async function openTunnel(
  stream: Duplex,
  target: Endpoint,
  proxy: Proxy,
  signal: AbortSignal,
): Promise<void> {
  const authority = formatEndpoint(target);
  const authorization =
    proxy.authorization === undefined ? '' : `Proxy-Authorization: ${proxy.authorization}\r\n`;
  stream.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${authorization}\r\n`);
  const { head, rest } = await readHead(stream, proxy, signal);
  const status = /^HTTP\/1\.[01] (?<status>\d{3})(?: |\r\n)/.exec(head)?.groups?.['status'];
  if (status === undefined)
    throw rejected(
      proxy,
      'sent a response that is not HTTP',
      'Check that the address is that of an HTTP proxy, and whether it expects http:// or https://.',
    );
  if (!status.startsWith('2'))
    throw rejected(
      proxy,
      `responded with status ${status} to CONNECT ${authority}`,
      REMEDIES[status],
    );
  if (rest.length > 0) stream.unshift(rest);
}

const REMEDIES: Readonly<Record<string, string>> = {
  403: 'Allow this host and port on the proxy.',
  405: 'Allow CONNECT to this port on the proxy.',
  407: 'Set the user name and password of the proxy in network.proxy. Only Basic authentication is supported.',
  502: 'Check name resolution and firewall of the proxy, which could not reach the host.',
  503: 'Check name resolution and firewall of the proxy, which could not reach the host.',
  504: 'Check name resolution and firewall of the proxy, which could not reach the host.',
};

function rejected(proxy: Proxy, what: string, remedy: string | undefined): RunnerError {
  return new RunnerError(
    'PROXY_REFUSED',
    `the proxy ${formatEndpoint(proxy.endpoint)} ${what}`,
    remedy === undefined ? {} : { remedy },
  );
}

/** Reads up to the empty line. `rest` holds the bytes after it, which belong to the tunnel. */
function readHead(
  stream: Duplex,
  proxy: Proxy,
  signal: AbortSignal,
): Promise<{ head: string; rest: Buffer }> {
  let seen = Buffer.alloc(0);
  return settle<{ head: string; rest: Buffer }>(stream, signal, (resolve, reject, listen) => {
    listen('readable', () => {
      for (let chunk: Buffer | null; (chunk = stream.read() as Buffer | null) !== null;) {
        seen = Buffer.concat([seen, chunk]);
        const end = seen.indexOf('\r\n\r\n');
        if (end === -1 && seen.length <= MAX_HEAD && looksLikeHttp(seen)) continue;
        if (end === -1)
          return reject(rejected(proxy, 'sent a response that is not HTTP', undefined));
        return resolve({ head: seen.toString('latin1', 0, end + 2), rest: seen.subarray(end + 4) });
      }
    });
  });
}

function looksLikeHttp(bytes: Buffer): boolean {
  return 'HTTP/1.'.startsWith(bytes.toString('latin1', 0, 7));
}

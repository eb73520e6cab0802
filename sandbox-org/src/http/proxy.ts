import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';

export interface ProxyOptions {
  /** The sandbox's TLS port on loopback. */
  readonly target: number;
  readonly credentials: { readonly username: string; readonly password: string } | null;
}

export interface ProxyCounts {
  connections: number;
  rejected: number;
}

/** The host names forwarded to the sandbox; others are rejected, or the proxy would be open. */
const ALLOWED =
  /^(?:[\w-]+\.my|[\w-]+\.sandbox\.my|login|test)\.salesforce\.com:443$|^[\w-]+\.lightning\.force\.com:443$/i;

/** An HTTP CONNECT proxy that forwards real host names to the sandbox. Not listening yet. */
export function createConnectProxy(options: ProxyOptions, counts: ProxyCounts): Server {
  const server = createServer((_request, response) => {
    response.writeHead(405, { Allow: 'CONNECT' });
    response.end();
  });
  server.on('connect', (request: IncomingMessage, client: Socket, head: Buffer) => {
    client.on('error', () => client.destroy());
    const rejection = rejectionOf(request, options);
    if (rejection) {
      counts.rejected += 1;
      client.end(`HTTP/1.1 ${rejection}\r\nContent-Length: 0\r\n\r\n`);
    } else {
      counts.connections += 1;
      tunnel(client, head, options.target);
    }
  });
  return server;
}

function rejectionOf(request: IncomingMessage, { credentials }: ProxyOptions): string | null {
  if (credentials) {
    const expected = `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`;
    if (request.headers['proxy-authorization'] !== expected)
      return '407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="sandbox"';
  }
  return ALLOWED.test(request.url ?? '') ? null : '403 Forbidden';
}

function tunnel(client: Socket, head: Buffer, port: number): void {
  const server = connect(port, '127.0.0.1', () => {
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    if (head.length > 0) server.write(head);
    server.pipe(client);
    client.pipe(server);
  });
  server.on('error', () => client.destroy());
  server.on('close', () => client.destroy());
  client.on('close', () => server.destroy());
}

import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import tls, { type TlsOptions } from 'node:tls';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority, type Authority } from '../../test/support/certificates.ts';
import { TrustStore } from '../../foundation/src/network/trust.ts';
import { isPublic } from './certificates.ts';
import { lookAtTls, type Handshake } from './look-at-tls.ts';

let authority: Authority;
let received: string;
let closers: (() => void)[] = [];
beforeAll(async () => {
  authority = await createAuthority('Unknown CA');
});
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

const ANSWER = 'HTTP/1.1 404 Not Found\r\nDate: Wed, 21 Oct 2026 07:28:00 GMT\r\n\r\n';

/** Looks at a server with a certificate of the authority; `answer` is what it sends. */
async function look(options: {
  readonly asksTime: boolean;
  readonly answer?: string;
  readonly trusted?: boolean;
  readonly server?: TlsOptions;
}): Promise<Handshake> {
  received = '';
  const { certPem: cert, keyPem: key } = await authority.issue(['plane.test']);
  const server = tls.createServer({ cert, key, ...options.server }, (socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString();
      socket.end(options.answer ?? ANSWER);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  const stream: Socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  return lookAtTls(stream, {
    endpoint: { host: 'plane.test', port: 443 },
    network: {
      connectTo: [],
      proxy: undefined,
      noProxy: [],
      extraCa: options.trusted === true ? [authority.caPem] : [],
      publicCas: true,
    },
    trust: new TrustStore(),
    asksTime: options.asksTime,
    signal: AbortSignal.timeout(300_000),
  });
}

describe('a look at a server', () => {
  it('shows the certificate and what is wrong with it', async () => {
    const { chain, problem, protocol } = await look({ asksTime: false });
    expect(chain.map(({ subject, issuer }) => [subject, issuer])).toEqual([
      ['plane.test', 'Unknown CA'],
    ]);
    expect(problem).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    expect(protocol).toBe('TLSv1.3');
    expect(isPublic(chain)).toBe(false);
  });

  it('shows the whole chain of a trusted one', async () => {
    const { chain, problem } = await look({ asksTime: false, trusted: true });
    expect(chain.map(({ subject }) => subject)).toEqual(['plane.test', 'Unknown CA']);
    expect(problem).toBeUndefined();
  });

  it('sends nothing but a request for the head of / to a server that is not trusted', async () => {
    const { problem, serverTime } = await look({ asksTime: true });
    expect(problem).toBeDefined();
    expect(received).toBe('HEAD / HTTP/1.1\r\nHost: plane.test:443\r\nConnection: close\r\n\r\n');
    expect(serverTime).toBe(Date.parse('2026-10-21T07:28:00Z'));
  });

  it('tells a CA of the public from a CA of a company', () => {
    const x509 = new X509Certificate(tls.rootCertificates[0]!);
    const certificate = { subject: '', issuer: '', notBefore: 0, notAfter: 0, x509 };
    expect(isPublic([certificate])).toBe(true);
    const own = { ...certificate, x509: new X509Certificate(authority.caPem) };
    expect(isPublic([own])).toBe(false);
  });

  it.each([
    ['says no time', 'HTTP/1.1 200 OK\r\n\r\n'],
    ['says an invalid time', 'HTTP/1.1 200 OK\r\nDate: soon\r\n\r\n'],
    ['closes the connection', ''],
  ])('has no time of a server that %s', async (_what, answer) => {
    expect((await look({ asksTime: true, answer })).serverTime).toBeUndefined();
  });

  it('fails for a server without a common version of TLS', async () => {
    const server: TlsOptions = { maxVersion: 'TLSv1.1', minVersion: 'TLSv1.1' };
    await expect(look({ asksTime: false, server })).rejects.toThrow();
  });
});

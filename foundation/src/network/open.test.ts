import tls from 'node:tls';
import { describe, expect, it } from 'vitest';
import {
  ENDPOINT,
  failure,
  HOST,
  NetworkPeers,
  read,
  toPort,
  withoutTls,
  withTls,
} from '../../../test/support/network-peers.ts';
import { createConnect } from './open.ts';

const peers = new NetworkPeers();

describe('createConnect', () => {
  it('connects to the target of connectTo and verifies the requested name', async () => {
    const port = await peers.serveTls();
    const stream = await createConnect(peers.settings({ connectTo: toPort(port) }))(
      ENDPOINT,
      withTls(),
    );
    expect((stream as tls.TLSSocket).servername).toBe(HOST);
    expect(await read(stream)).toBe('hello');
  });

  it('opens plain TCP without TLS options', async () => {
    const port = await peers.serveTcp(peers.greet);
    expect(
      await read(await createConnect(peers.settings())({ host: '127.0.0.1', port }, withoutTls())),
    ).toBe('hello');
  });

  it('verifies the address in the certificate when an address is requested', async () => {
    const port = await peers.serveTls();
    expect(
      await read(await createConnect(peers.settings())({ host: '127.0.0.1', port }, withTls())),
    ).toBe('hello');
    const other = await peers.serveTls(await peers.authority.issue([HOST]));
    expect(
      (
        await failure(
          createConnect(peers.settings())({ host: '127.0.0.1', port: other }, withTls()),
        )
      ).code,
    ).toBe('TLS_UNTRUSTED');
  });

  it('negotiates a protocol and sends the client certificate', async () => {
    const client = await peers.authority.issue(['runner'], { client: true });
    const seen: string[] = [];
    const server = tls.createServer(
      {
        cert: peers.certificate.certPem,
        key: peers.certificate.keyPem,
        ca: peers.authority.caPem,
        requestCert: true,
        rejectUnauthorized: true,
        ALPNProtocols: ['h2'],
      },
      (socket) => {
        seen.push(`${socket.getPeerCertificate().subject.CN as string} ${socket.alpnProtocol}`);
        peers.greet(socket);
      },
    );
    const port = await peers.serve(server);
    const stream = await createConnect(peers.settings({ connectTo: toPort(port) }))(
      ENDPOINT,
      withTls({ tls: { cert: client.certPem, key: client.keyPem, alpn: ['h2'] } }),
    );
    expect(await read(stream)).toBe('hello');
    expect(seen).toEqual(['runner h2']);
  });

  it('trusts a CA that is passed for one connection', async () => {
    const port = await peers.serveTls();
    const connect = createConnect(peers.settings({ connectTo: toPort(port), extraCa: [] }));
    expect((await failure(connect(ENDPOINT, withTls()))).code).toBe('TLS_UNTRUSTED');
    expect(
      await read(await connect(ENDPOINT, withTls({ tls: { ca: [peers.authority.caPem] } }))),
    ).toBe('hello');
  });

  it('rejects a host that would smuggle bytes into a request', async () => {
    const proxy = await peers.openProxy();
    const connect = createConnect(peers.settings({ proxy: `http://127.0.0.1:${proxy.port}` }));
    for (const host of ['evil.example\r\nX: y', 'a b', 'user@host', '', 'fe80::1%eth0']) {
      expect((await failure(connect({ host, port: 443 }, withTls()))).code).toBe('INPUT_INVALID');
    }
    expect(proxy.requested).toEqual([]);
  });

  it('rejects an invalid client certificate with INPUT_INVALID', async () => {
    const port = await peers.serveTls();
    expect(
      (
        await failure(
          createConnect(peers.settings({ connectTo: toPort(port) }))(
            ENDPOINT,
            withTls({ tls: { cert: 'x', key: 'y' } }),
          ),
        )
      ).code,
    ).toBe('INPUT_INVALID');
  });

  it.each([
    ['not PEM', 'ca.pem'],
    ['damaged', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'],
    ['a key', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----'],
  ])('rejects a CA bundle that is %s with INPUT_INVALID', async (_how, ca) => {
    const port = await peers.serveTls();
    expect(
      (
        await failure(
          createConnect(peers.settings({ connectTo: toPort(port) }))(
            ENDPOINT,
            withTls({ tls: { ca: [ca] } }),
          ),
        )
      ).code,
    ).toBe('INPUT_INVALID');
  });
});

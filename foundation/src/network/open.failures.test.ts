import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { selfSigned } from '../../../test/support/certificates.ts';
import { RunnerError } from '../runtime/errors.ts';
import type { Resolve } from './dial.ts';
import {
  ENDPOINT,
  failure,
  HOST,
  NetworkPeers,
  toPort,
  withTls,
} from '../../../test/support/network-peers.ts';
import { createConnect } from './open.ts';

const peers = new NetworkPeers();

describe('createConnect on failure', () => {
  it('throws NETWORK_UNREACHABLE for an unknown name and for a closed port, and reports the phase', async () => {
    const unknown: Resolve = async () => {
      throw Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
    };
    expect(
      await failure(createConnect(peers.settings(), unknown)(ENDPOINT, withTls())),
    ).toMatchObject({
      code: 'NETWORK_UNREACHABLE',
      message: expect.stringContaining('resolving the name') as string,
    });
    expect(
      await failure(createConnect(peers.settings({ connectTo: toPort(1) }))(ENDPOINT, withTls())),
    ).toMatchObject({
      code: 'NETWORK_UNREACHABLE',
      message: expect.stringContaining(`${HOST}:443 (at 127.0.0.1:1)`) as string,
    });
  });

  it('throws NETWORK_TIMEOUT when the TLS handshake gets no response', async () => {
    const port = await peers.serveTcp(() => undefined);
    expect(
      await failure(
        createConnect(peers.settings({ connectTo: toPort(port) }))(
          ENDPOINT,
          withTls({ timeoutMs: 100 }),
        ),
      ),
    ).toMatchObject({
      code: 'NETWORK_TIMEOUT',
      message: expect.stringContaining('TLS handshake') as string,
    });
  });

  it('throws NETWORK_TIMEOUT when the resolver never answers', async () => {
    expect(
      (
        await failure(
          createConnect(peers.settings(), () => new Promise(() => undefined))(
            ENDPOINT,
            withTls({ timeoutMs: 50 }),
          ),
        )
      ).code,
    ).toBe('NETWORK_TIMEOUT');
  });

  it('throws TLS_UNTRUSTED when the server does not use TLS', async () => {
    const port = await peers.serveTcp((socket) =>
      socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    );
    expect(
      (
        await failure(
          createConnect(peers.settings({ connectTo: toPort(port) }))(ENDPOINT, withTls()),
        )
      ).code,
    ).toBe('TLS_UNTRUSTED');
  });

  it('throws NETWORK_RESET when the server closes the connection during the handshake', async () => {
    const port = await peers.serveTcp((socket) =>
      socket.on('error', () => undefined).once('data', () => socket.destroy()),
    );
    expect(
      (
        await failure(
          createConnect(peers.settings({ connectTo: toPort(port) }))(ENDPOINT, withTls()),
        )
      ).code,
    ).toBe('NETWORK_RESET');
  });

  it('throws the reason of the signal when it fires, in any phase', async () => {
    const reason = new RunnerError('CANCELLED', 'stop');
    const silent = await peers.serveTcp(() => undefined);
    const proxy = await peers.openProxy({ silent: true });
    const ways = [
      createConnect(peers.settings(), () => new Promise(() => undefined)),
      createConnect(peers.settings({ connectTo: toPort(silent) })),
      createConnect(peers.settings({ proxy: `http://127.0.0.1:${proxy.port}` })),
    ];
    for (const connect of ways) {
      const controller = new AbortController();
      const connecting = failure(connect(ENDPOINT, withTls({ signal: controller.signal })));
      await delay(30);
      controller.abort(reason);
      expect(await connecting).toBe(reason);
    }
    const gone = AbortSignal.abort(reason);
    expect(await failure(ways[1]!(ENDPOINT, withTls({ signal: gone })))).toBe(reason);
  });

  it('leaves no socket open', async () => {
    const proxy = await peers.openProxy();
    const port = await peers.serveTls(await selfSigned([HOST]));
    const connect = createConnect(
      peers.settings({ connectTo: toPort(port), proxy: `http://127.0.0.1:${proxy.port}` }),
    );
    for (let round = 0; round < 10; round++) await failure(connect(ENDPOINT, withTls()));
    const silent = await peers.openProxy({ silent: true });
    const hanging = createConnect(peers.settings({ proxy: `http://127.0.0.1:${silent.port}` }));
    await Promise.all(
      Array.from({ length: 10 }, () => failure(hanging(ENDPOINT, withTls({ timeoutMs: 100 })))),
    );
    expect(silent.requested).toHaveLength(10);
    for (let patience = 0; proxy.openSockets + silent.openSockets > 0 && patience < 100; patience++)
      await delay(10);
    expect(proxy.openSockets + silent.openSockets).toBe(0);
  });
});

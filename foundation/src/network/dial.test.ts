import type tls from 'node:tls';
import { describe, expect, it } from 'vitest';
import { RunnerError } from '../runtime/errors.ts';
import type { Resolve } from './dial.ts';
import {
  ENDPOINT,
  failure,
  HOST,
  NetworkPeers,
  read,
  toPort,
  withTls,
} from '../../../test/support/network-peers.ts';
import { createConnect } from './open.ts';

const peers = new NetworkPeers();

describe('checkAddress', () => {
  const refuse = (address: string): void => {
    throw new RunnerError('ADDRESS_DENIED', `${address} is denied`);
  };

  it('is called with every address before any connection', async () => {
    let connected = 0;
    const port = await peers.serveTcp((socket) => {
      connected++;
      socket.destroy();
    });
    const checked: string[] = [];
    const resolve: Resolve = async () => ['127.0.0.1', '10.0.0.1'];
    const connect = createConnect(peers.settings(), resolve);
    const check = (address: string): void => {
      checked.push(address);
      if (address === '10.0.0.1') refuse(address);
    };
    expect(
      (await failure(connect({ host: HOST, port }, withTls({ checkAddress: check })))).code,
    ).toBe('ADDRESS_DENIED');
    expect(checked).toEqual(['127.0.0.1', '10.0.0.1']);
    expect(connected).toBe(0);
  });

  it('checks the address of the connection, even if the resolver changes its answer', async () => {
    const port = await peers.serveTls();
    let queries = 0;
    const resolve: Resolve = async () => (queries++ % 2 === 0 ? ['127.0.0.1'] : ['127.0.0.2']);
    const connect = createConnect(peers.settings(), resolve);
    const reached: (string | undefined)[] = [];
    for (let round = 0; round < 20; round++) {
      const checked: string[] = [];
      const stream = await connect(
        { host: HOST, port },
        withTls({ checkAddress: (address) => checked.push(address) }),
      ).catch(() => undefined);
      if (stream === undefined) continue;
      reached.push((stream as tls.TLSSocket).remoteAddress);
      expect(checked).toEqual(['127.0.0.1']);
      stream.destroy();
    }
    expect({ reached, queries }).toEqual({
      reached: Array.from({ length: 10 }, () => '127.0.0.1'),
      queries: 20,
    });
  });

  it('is not called for targets of connectTo, nor behind a proxy', async () => {
    const port = await peers.serveTls();
    expect(
      await read(
        await createConnect(peers.settings({ connectTo: toPort(port) }))(
          ENDPOINT,
          withTls({ checkAddress: refuse }),
        ),
      ),
    ).toBe('hello');
    const proxy = await peers.openProxy({ target: { host: '127.0.0.1', port } });
    expect(
      await read(
        await createConnect(peers.settings({ proxy: `http://127.0.0.1:${proxy.port}` }))(
          ENDPOINT,
          withTls({ checkAddress: refuse }),
        ),
      ),
    ).toBe('hello');
  });

  it('is called for a literal address', async () => {
    expect(
      (
        await failure(
          createConnect(peers.settings())(
            { host: '127.0.0.1', port: 9 },
            withTls({ checkAddress: refuse }),
          ),
        )
      ).code,
    ).toBe('ADDRESS_DENIED');
  });
});

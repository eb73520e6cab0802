import { createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NETWORK_CHANNELS } from '../../foundation/src/network/channel-kind.ts';
import { NEVER } from '../../foundation/src/runtime/abort.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { createAuthority, selfSigned } from '../support/certificates.ts';
import { Relay } from '../support/relay.ts';
import { batch, collect, errorOf, type PeerServer } from './channel.contract.ts';
import { serveGrpc, serveWebSocket } from './channel.servers.ts';
import { authority, dialerTo, HOST, NetworkStage, portOf } from './channel.stage.ts';

describe.each(NETWORK_CHANNELS)('%s channel over a network', (kind) => {
  let stage: NetworkStage;

  beforeAll(async () => {
    stage = await NetworkStage.open(kind);
  });

  afterAll(() => stage.close());

  it.each([
    ['signed by an unknown CA', async () => (await createAuthority('Other CA')).issue([HOST])],
    ['that is self-signed', () => selfSigned([HOST])],
    ['for another host', async () => (await authority()).issue(['other.test'])],
    [
      'that has expired',
      async () => (await authority()).issue([HOST], { fromDays: -9, untilDays: -1 }),
    ],
  ])('rejects a certificate %s', async (_what, issue) => {
    const leaf = await issue();
    const server: PeerServer = await (kind === 'ws' ? serveWebSocket(leaf) : serveGrpc(leaf));
    let opened = 0;
    server.onEnd(() => (opened += 1));
    const error = await errorOf(dialerTo(kind, stage.caPem, { port: server.port }).dial(NEVER));
    await server.close();
    expect(error.code).toBe('TLS_UNTRUSTED');
    expect(opened).toBe(0);
  });

  it('reports NETWORK_UNREACHABLE when no server listens', async () => {
    const server = createServer();
    const port = await portOf(server);
    server.close();
    expect((await errorOf(stage.dialer({ port }).dial(NEVER))).code).toBe('NETWORK_UNREACHABLE');
  });

  it('aborts dialing and closes the connection when the signal aborts', async () => {
    const sockets: Socket[] = [];
    const closed = Promise.withResolvers<void>();
    const mute = createServer((socket) => {
      sockets.push(
        socket
          .on('error', () => undefined)
          .on('close', () => closed.resolve())
          .resume(),
      );
    });
    const port = await portOf(mute);
    const stop = new AbortController();
    setTimeout(() => stop.abort(new RunnerError('CANCELLED', 'enough')), 100);
    expect((await errorOf(stage.dialer({ port }).dial(stop.signal))).code).toBe('CANCELLED');
    await closed.promise;
    mute.close();
    expect(sockets).toHaveLength(1);
  });

  it('times out when the server never responds', async () => {
    const mute = createServer((socket) => void socket.on('error', () => undefined).resume());
    const port = await portOf(mute);
    expect((await errorOf(stage.dialer({ port, timeoutMs: 200 }).dial(NEVER))).code).toBe(
      'NETWORK_TIMEOUT',
    );
    mute.close();
  });

  it('reports NETWORK_RESET when the connection is lost', async () => {
    const relay = await Relay.open({ port: stage.server.port });
    const [channel] = await Promise.all([
      stage.dialer({ port: relay.port }).dial(NEVER),
      stage.accepted(),
    ]);
    const collecting = errorOf(collect(channel));
    relay.cut();
    expect((await collecting).code).toBe('NETWORK_RESET');
    await relay.close();
  });

  it('closes after a short wait when the peer has vanished silently', async () => {
    const relay = await Relay.open({ port: stage.server.port });
    const [channel] = await Promise.all([
      stage.dialer({ port: relay.port }).dial(NEVER),
      stage.accepted(),
    ]);
    relay.freeze();
    const collecting = collect(channel);
    const stop = new AbortController();
    const sending = errorOf(
      (async () => {
        for (;;) await channel.send(batch(1, 512 * 1024), stop.signal);
      })(),
    );
    await delay(200);
    const startedAt = performance.now();
    await channel.close('silence');
    expect(performance.now() - startedAt).toBeLessThan(120_000);
    expect((await sending).code).toBe('NETWORK_RESET');
    expect(await collecting).toEqual([]);
    await relay.close();
  });

  it('keeps at least 250 kB in flight, which is 5 MB/s over a link of 50 ms', async () => {
    const relay = await Relay.open({ port: stage.server.port, delayMs: 100 });
    const [channel, peer] = await Promise.all([
      stage.dialer({ port: relay.port }).dial(NEVER),
      stage.accepted(),
    ]);
    const frames = 80;
    const startedAt = performance.now();
    const sending = (async () => {
      for (let index = 1; index <= frames; index++)
        await channel.send(batch(index, 128 * 1024), NEVER);
    })();
    for (let index = 1; index <= frames; index++) await peer.next();
    await sending;
    const roundTrips = (performance.now() - startedAt) / 200;
    expect((frames * 128 * 1024) / roundTrips).toBeGreaterThan(250_000);
    await channel.close('done');
    await relay.close();
  });
});

describe('WebSocket channel', () => {
  it('reports PROTOCOL_VIOLATION for a text message', async () => {
    const stage = await NetworkStage.open('ws');
    const [channel, peer] = await Promise.all([stage.dialer().dial(NEVER), stage.accepted()]);
    peer.text!();
    expect((await errorOf(collect(channel))).code).toBe('PROTOCOL_VIOLATION');
    await stage.close();
  });

  it('reports PROTOCOL_VIOLATION for invalid data after the upgrade', async () => {
    const stage = await NetworkStage.open('ws');
    const [channel, peer] = await Promise.all([stage.dialer().dial(NEVER), stage.accepted()]);
    peer.raw!(Buffer.from('ff00ff00ff', 'hex'));
    expect((await errorOf(collect(channel))).code).toBe('PROTOCOL_VIOLATION');
    await stage.close();
  });
});

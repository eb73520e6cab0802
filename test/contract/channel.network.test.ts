import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadCodec } from '../../src/channel/codec.ts';
import { RunnerError } from '../../src/runtime/errors.ts';
import { createAuthority, selfSigned } from '../support/certificates.ts';
import { ConnectProxy } from '../support/connect-proxy.ts';
import { Relay } from '../support/relay.ts';
import { batch, collect, errorOf, forever, type FarServer } from './channel.contract.ts';
import { serveGrpc, serveWebSocket } from './channel.servers.ts';
import { authority, dialerTo, HOST, NetworkStage } from './channel.stage.ts';

const KINDS = ['ws', 'grpc'] as const;

async function portOf(server: Server | Http2SecureServer): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

describe.each(KINDS)('a %s channel over a network', (kind) => {
  let stage: NetworkStage;

  beforeAll(async () => {
    stage = await NetworkStage.open(kind);
  });

  afterAll(() => stage.close());

  async function exchange(dialer = stage.dialer()): Promise<void> {
    const [channel, far] = await Promise.all([dialer.dial(forever), stage.accepted()]);
    await channel.send(batch(7), forever);
    expect((await loadCodec()).decode(await far.next())).toEqual(batch(7));
    await channel.close('done');
  }

  it.each([
    [
      'signed by a CA that nobody named',
      async () => (await createAuthority('Other CA')).issue([HOST]),
    ],
    ['that vouches for itself', () => selfSigned([HOST])],
    ['for another host', async () => (await authority()).issue(['other.test'])],
    [
      'that has expired',
      async () => (await authority()).issue([HOST], { fromDays: -9, untilDays: -1 }),
    ],
  ])('refuses a certificate %s', async (_what, issue) => {
    const leaf = await issue();
    const server: FarServer = await (kind === 'ws' ? serveWebSocket(leaf) : serveGrpc(leaf));
    let opened = 0;
    server.onEnd(() => (opened += 1));
    const error = await errorOf(dialerTo(kind, stage.caPem, { port: server.port }).dial(forever));
    await server.close();
    expect(error.code).toBe('TLS_UNTRUSTED');
    expect(opened).toBe(0);
  });

  it('says so when nobody listens', async () => {
    const server = createServer();
    const port = await portOf(server);
    server.close();
    expect((await errorOf(stage.dialer({ port }).dial(forever))).code).toBe('NETWORK_UNREACHABLE');
  });

  it('is given up, with its connection, when the signal fires while dialling', async () => {
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

  it('gives up a server that never answers', async () => {
    const mute = createServer((socket) => void socket.on('error', () => undefined).resume());
    const port = await portOf(mute);
    expect((await errorOf(stage.dialer({ port, timeoutMs: 200 }).dial(forever))).code).toBe(
      'NETWORK_TIMEOUT',
    );
    mute.close();
  });

  it('breaks when the connection is cut', async () => {
    const relay = await Relay.open({ port: stage.server.port });
    const [channel] = await Promise.all([
      stage.dialer({ port: relay.port }).dial(forever),
      stage.accepted(),
    ]);
    const collecting = errorOf(collect(channel));
    relay.cut();
    expect((await collecting).code).toBe('NETWORK_RESET');
    await relay.close();
  });

  it('can be closed after a short wait when the other side is there no more but nobody said so', async () => {
    const relay = await Relay.open({ port: stage.server.port });
    const [channel] = await Promise.all([
      stage.dialer({ port: relay.port }).dial(forever),
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

  it('has a quarter of a megabyte and more on its way at once, which is 5 MB/s over a link of 50 ms', async () => {
    const relay = await Relay.open({ port: stage.server.port, delayMs: 100 });
    const [channel, far] = await Promise.all([
      stage.dialer({ port: relay.port }).dial(forever),
      stage.accepted(),
    ]);
    const frames = 80;
    const startedAt = performance.now();
    const sending = (async () => {
      for (let index = 1; index <= frames; index++)
        await channel.send(batch(index, 128 * 1024), forever);
    })();
    for (let index = 1; index <= frames; index++) await far.next();
    await sending;
    const roundTrips = (performance.now() - startedAt) / 200;
    expect((frames * 128 * 1024) / roundTrips).toBeGreaterThan(250_000);
    await channel.close('done');
    await relay.close();
  });

  describe('where an HTTP server answers in place of the control plane', () => {
    let server: Http2SecureServer;
    let port: number;
    let answer: { status: number; headers?: Record<string, string>; body: string };

    beforeEach(async () => {
      const leaf = await (await authority()).issue([HOST]);
      server = createSecureServer(
        { allowHTTP1: true, cert: leaf.certPem, key: leaf.keyPem },
        (_request, response) => {
          response.writeHead(answer.status, answer.headers);
          response.end(answer.body);
        },
      );
      port = await portOf(server);
    });

    afterEach(() => void server.close());

    it.each([
      ['says nothing', () => undefined],
      [
        'refuses, and never comes to the end of it',
        (response: ServerResponse) => {
          response.writeHead(403);
          const dripping = setInterval(() => void response.write('x'), 50);
          response.on('close', () => clearInterval(dripping));
        },
      ],
    ])('gives up one that %s', async (_what, reply) => {
      server
        .removeAllListeners('request')
        .on('request', (_request, response: ServerResponse) => reply(response));
      expect((await errorOf(stage.dialer({ port, timeoutMs: 400 }).dial(forever))).code).toBe(
        'NETWORK_TIMEOUT',
      );
    });

    const page = { 'content-type': 'text/html' };
    const refused = JSON.stringify({
      error: { code: 'RUNNER_REVOKED', message: 'revoked by an administrator' },
    });
    it.each([
      [
        'a 401 page',
        { status: 401, headers: page, body: '<html>' },
        'PROXY_REFUSED',
        true,
        undefined,
      ],
      [
        'a 403 page',
        { status: 403, headers: page, body: '<html>blocked</html>' },
        'PROXY_REFUSED',
        true,
        undefined,
      ],
      [
        'the word of the control plane',
        { status: 403, headers: { 'content-type': 'application/json' }, body: refused },
        'RUNNER_REVOKED',
        false,
        undefined,
      ],
      [
        'a captive portal',
        { status: 200, headers: page, body: '<html>Welcome to the airport</html>' },
        'NETWORK_UNREACHABLE',
        true,
        undefined,
      ],
      [
        '503 with Retry-After',
        { status: 503, headers: { 'retry-after': '17' }, body: '' },
        'CONTROL_PLANE_BUSY',
        true,
        17_000,
      ],
      [
        '503 with a page',
        {
          status: 503,
          headers: { ...page, 'retry-after': '17' },
          body: '<html>no upgrades</html>',
        },
        'NETWORK_UNREACHABLE',
        true,
        17_000,
      ],
      [
        '429 with a page',
        { status: 429, headers: page, body: '<html>slow down</html>' },
        'NETWORK_UNREACHABLE',
        true,
        undefined,
      ],
      [
        '503 with a text of a load balancer',
        { status: 503, headers: { 'content-type': 'text/plain' }, body: 'no healthy upstream' },
        'NETWORK_UNREACHABLE',
        true,
        undefined,
      ],
      [
        '503 with an error document',
        {
          status: 503,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ error: { code: 'CONTROL_PLANE_BUSY', message: 'later' } }),
        },
        'CONTROL_PLANE_BUSY',
        true,
        undefined,
      ],
      ['429 without', { status: 429, body: '' }, 'CONTROL_PLANE_BUSY', true, undefined],
      ['404', { status: 404, body: 'nothing here' }, 'NETWORK_UNREACHABLE', true, undefined],
    ])('takes %s for what it is', async (_what, given, code, mayRetry, retryAfterMs) => {
      answer = given;
      const error = await errorOf(stage.dialer({ port }).dial(forever));
      expect(error).toMatchObject({ code, retryAfterMs });
      expect(error.fault !== 'permanent').toBe(mayRetry);
      expect(error.message).not.toContain('<html>');
    });
  });

  describe('through a proxy', () => {
    let proxy: ConnectProxy;

    afterEach(() => proxy.close());

    function through(url: string): ReturnType<NetworkStage['dialer']> {
      return stage.dialer({ settings: { proxy: url } });
    }

    it('works, and shows the proxy nothing but the address', async () => {
      proxy = await ConnectProxy.open();
      await exchange(through(`http://127.0.0.1:${proxy.port}`));
      expect(proxy.asked).toEqual([`127.0.0.1:${stage.server.port}`]);
    });

    it('works with credentials', async () => {
      proxy = await ConnectProxy.open({ credentials: 'runner:pa:ss' });
      await exchange(through(`http://runner:pa%3Ass@127.0.0.1:${proxy.port}`));
    });

    it('is refused with wrong credentials, and the error shows none', async () => {
      proxy = await ConnectProxy.open({ credentials: 'runner:right' });
      const error = await errorOf(
        through(`http://runner:wrong-one@127.0.0.1:${proxy.port}`).dial(forever),
      );
      expect(error.code).toBe('PROXY_REFUSED');
      expect(`${error.message}${error.remedy}`).not.toMatch(/wrong-one|right/);
    });
  });
});

describe('a WebSocket channel', () => {
  it('takes a text message for a breach of the protocol', async () => {
    const stage = await NetworkStage.open('ws');
    const [channel, far] = await Promise.all([stage.dialer().dial(forever), stage.accepted()]);
    far.text!();
    expect((await errorOf(collect(channel))).code).toBe('PROTOCOL_VIOLATION');
    await stage.close();
  });

  it('takes garbage after the upgrade for a breach of the protocol', async () => {
    const stage = await NetworkStage.open('ws');
    const [channel, far] = await Promise.all([stage.dialer().dial(forever), stage.accepted()]);
    far.raw!(Buffer.from('ff00ff00ff', 'hex'));
    expect((await errorOf(collect(channel))).code).toBe('PROTOCOL_VIOLATION');
    await stage.close();
  });
});

const tinyproxy = installed('tinyproxy');

describe.skipIf(tinyproxy === undefined)('through Debian\u2019s tinyproxy', () => {
  let child: ChildProcess;
  let directory: string;
  let port: number;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'tinyproxy-'));
    const probe = createServer();
    port = await portOf(probe);
    probe.close();
    const file = join(directory, 'tinyproxy.conf');
    writeFileSync(
      file,
      `Port ${port}\nListen 127.0.0.1\nTimeout 60\nMaxClients 20\nBasicAuth runner secret\nLogLevel Warning\nLogFile "${join(directory, 'log')}"\n`,
    );
    child = spawn(tinyproxy!, ['-d', '-c', file], { stdio: 'ignore' });
    await untilListening(port);
  });

  afterAll(async () => {
    child.kill();
    await once(child, 'exit');
    rmSync(directory, { recursive: true, force: true });
  });

  it.each(KINDS)('a %s channel works with credentials and is refused without', async (kind) => {
    const stage = await NetworkStage.open(kind);
    const dialer = stage.dialer({ settings: { proxy: `http://runner:secret@127.0.0.1:${port}` } });
    const [channel, far] = await Promise.all([dialer.dial(forever), stage.accepted()]);
    await channel.send(batch(7, 300_000), forever);
    expect((await far.next()).length).toBeGreaterThan(300_000);
    await channel.close('done');
    const error = await errorOf(
      stage.dialer({ settings: { proxy: `http://127.0.0.1:${port}` } }).dial(forever),
    );
    expect(error.code).toBe('PROXY_REFUSED');
    await stage.close();
  });
});

function installed(program: string): string | undefined {
  try {
    return execFileSync('/bin/sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

async function untilListening(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const socket = connect(port, '127.0.0.1');
    const up = await new Promise<boolean>((resolve) =>
      socket.on('connect', () => resolve(true)).on('error', () => resolve(false)),
    );
    socket.destroy();
    if (up) return;
    await delay(50);
  }
  throw new Error('the proxy did not start');
}

import { createServer, type AddressInfo, type Server } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createAuthority,
  type Authority,
  type LeafOptions,
} from '../../test/support/certificates.ts';
import { ConnectProxy, type ProxyOptions } from '../../test/support/connect-proxy.ts';
import { DoctorScene, findings, firstFailure, SOURCE } from '../../test/support/doctor-scene.ts';
import { closedPort, resolveExcept } from '../../test/support/broken-peers.ts';
import { openMiddlebox, type MiddleboxOptions } from '../../test/support/middlebox.ts';
import { systemClock } from '../../foundation/src/runtime/clock.ts';
import type { Machine } from './options.ts';

let authority: Authority;
let scene: DoctorScene;
let closers: (() => unknown)[];
beforeEach(async () => {
  authority = await createAuthority('Example Corp Inspection CA');
  closers = [];
  scene = await DoctorScene.open();
});
afterEach(async () => {
  for (const close of closers) await close();
  await scene.close();
});

/** Puts a device with a certificate of the company's CA in front of the control plane. */
async function intercept(
  names: readonly string[],
  { trusted = true, ...options }: { readonly trusted?: boolean } & LeafOptions,
  more: Partial<MiddleboxOptions> = {},
): Promise<void> {
  const leaf = await authority.issue(names, options);
  const box = await openMiddlebox({ leaf, port: scene.plane.port, ca: scene.plane.ca, ...more });
  closers.push(() => box.close());
  scene.lead(scene.authority, box.port);
  if (trusted)
    scene.configure({ controlPlane: { caFile: scene.file('corp-ca.pem', authority.caPem) } });
}

async function useProxy(options: ProxyOptions): Promise<void> {
  const proxy = await ConnectProxy.open(options);
  closers.push(() => proxy.close());
  scene.configure({ network: { proxy: `http://user:wrong-word@127.0.0.1:${proxy.port}` } });
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

type Row = readonly [
  setup: string,
  breaks: () => Promise<{ readonly machine?: Partial<Machine> } | void>,
  expected: RegExp,
];

const ROWS: readonly Row[] = [
  [
    'a control plane whose name does not resolve',
    async () => ({ machine: resolveExcept('localhost', undefined) }),
    /^dns: localhost: getaddrinfo ENOTFOUND localhost/,
  ],
  [
    'a source whose name does not resolve',
    async () => {
      scene.configure({ network: { connectTo: [] } });
      return { machine: resolveExcept(SOURCE, undefined) };
    },
    /^dns: acme\.my\.salesforce\.com: getaddrinfo ENOTFOUND/,
  ],
  [
    'a source at an address that the policy denies',
    async () => {
      scene.configure({ network: { connectTo: [] } });
      return { machine: resolveExcept(SOURCE, '10.0.0.1') };
    },
    /^dns: acme\.my\.salesforce\.com: 10\.0\.0\.1: the policy denies connections to this address/,
  ],
  [
    'a proxy that cannot be reached',
    async () => scene.configure({ network: { proxy: `http://127.0.0.1:${await closedPort()}` } }),
    /^proxy: 127\.0\.0\.1:\d+: .*ECONNREFUSED/,
  ],
  [
    'a proxy that needs another password',
    () => useProxy({ credentials: 'user:right-word' }),
    /^proxy: localhost:\d+: the proxy 127\.0\.0\.1:\d+ responded with status 407 to CONNECT localhost:\d+$/,
  ],
  [
    'a proxy that does not permit the control plane',
    () => useProxy({ answer: 'HTTP/1.1 403 Forbidden\r\n\r\n' }),
    /^proxy: localhost:\d+: the proxy .* responded with status 403 to CONNECT/,
  ],
  [
    'a control plane that is down',
    async () => scene.lead(scene.authority, await closedPort()),
    /^tls: localhost:\d+: .*ECONNREFUSED/,
  ],
  [
    'a clock that is years behind, while the control plane is down',
    async () => {
      scene.lead(scene.authority, await closedPort());
      return { machine: { clock: { ...systemClock, now: () => Date.parse('2020-01-01') } } };
    },
    /^clock: time: it is 2020-01-01 here, but the certificate of acme\.my\.salesforce\.com is valid only from/,
  ],
  [
    'a control plane whose certificate has expired',
    () => intercept(['localhost'], { fromDays: -20, untilDays: -2 }),
    /^tls: localhost:\d+: the certificate of localhost expired on \d{4}-/,
  ],
  [
    'a control plane whose CA has expired',
    async () => {
      authority = await createAuthority('Old CA', { fromDays: -40, untilDays: -2 });
      await intercept(['localhost'], {});
    },
    /^tls: localhost:\d+: the certificate of Old CA expired on \d{4}-/,
  ],
  [
    'a control plane whose certificate is not valid yet',
    () => intercept(['localhost'], { fromDays: 2 }),
    /^tls: localhost:\d+: the certificate of localhost is not valid before \d{4}-/,
  ],
  [
    'a control plane with a certificate for another name',
    () => intercept(['other.example'], {}),
    /^tls: localhost:\d+: the certificate is for DNS:other\.example, not for localhost$/,
  ],
  [
    'an interception of the control plane by an unknown CA',
    () => intercept(['localhost'], { trusted: false }),
    /^tls: localhost:\d+: issued by Example Corp Inspection CA, a CA that is not trusted/,
  ],
  [
    'an interception of the source by an unknown CA',
    async () =>
      scene.configure({ network: { caFile: scene.file('other-ca.pem', authority.caPem) } }),
    /^tls: acme\.my\.salesforce\.com:443: issued by Test CA, a CA that is not trusted/,
  ],
  [
    'a source that does not speak TLS',
    async () => {
      const server = createServer((socket) => socket.end('220 mail.example ready\r\n'));
      scene.lead(`${SOURCE}:443`, await listen(server));
    },
    /^tls: acme\.my\.salesforce\.com:443: .*/,
  ],
  [
    'WebSocket that is blocked, where only it is permitted',
    async () => {
      scene.configure({ controlPlane: { channel: 'ws' } });
      await intercept(['localhost'], {}, { blocks: 'ws' });
    },
    /^channels: WebSocket: localhost:\d+ responded with status 403 with a web page/,
  ],
  [
    'gRPC that is blocked, where only it is permitted',
    async () => {
      scene.configure({ controlPlane: { channel: 'grpc' } });
      await intercept(['localhost'], {}, { blocks: 'grpc' });
    },
    /^channels: gRPC: /,
  ],
  [
    'an identity that the control plane has revoked',
    async () => void (await scene.plane.api.post(`/api/v1/runners/${scene.runnerId}/revoke`)),
    /^acceptance: identity: runner has been revoked$/,
  ],
];

describe('the first failure names', () => {
  it.each(ROWS)('%s', async (_setup, breaks, expected) => {
    expect(firstFailure(await scene.diagnose((await breaks()) ?? {}))).toMatch(expected);
  });
});

describe('a warning names', () => {
  it.each([
    ['ws', /^channels: WebSocket: blocked; only gRPC works: .*403/],
    ['grpc', /^channels: gRPC: blocked; only WebSocket works: /],
  ] as const)('a blocked channel (%s) beside another one that works', async (blocks, expected) => {
    await intercept(['localhost'], {}, { blocks });
    const report = await scene.diagnose();
    expect(findings(report, 'warn')).toEqual([expect.stringMatching(expected)]);
    expect(report.status).toBe('warn');
  });

  it('an interception that the machine trusts', async () => {
    await useProxy({ target: { host: '127.0.0.1', port: scene.source.port } });
    scene.configure({ network: { connectTo: [], noProxy: ['localhost'] } });
    expect(findings(await scene.diagnose(), 'warn')).toEqual([
      `tls: ${SOURCE}:443: TLS is intercepted: the certificate is not from a public CA but from Test CA`,
    ]);
  });
});

describe('an address that the policy denies', () => {
  it('gets no connection', async () => {
    let connections = 0;
    const port = await listen(createServer(() => (connections += 1)));
    scene.policy({ hosts: [`${SOURCE}:${port}`] });
    scene.configure({ network: { connectTo: [] } });
    const report = await scene.diagnose({ machine: resolveExcept(SOURCE, '127.0.0.1') });
    expect(firstFailure(report)).toMatch(/^dns: .*private addresses are not permitted/);
    expect(connections).toBe(0);
  });
});

describe('servers that do not answer', () => {
  it('are waited for once, not again by each check', async () => {
    let connections = 0;
    const silent = createServer((socket) => {
      connections += 1;
      socket.on('error', () => undefined);
    });
    const port = await listen(silent);
    scene.lead(scene.authority, port);
    scene.lead(`${SOURCE}:443`, port);
    const report = await scene.diagnose({ options: { timeoutMs: 500 } });
    expect(firstFailure(report)).toMatch(
      /^tls: localhost:\d+: localhost:\d+ did not complete the TLS handshake within 500 ms$/,
    );
    expect(findings(report, 'skip')).toEqual(
      expect.arrayContaining([
        'clock: time: the control plane did not report its time',
        'channels: channels: the control plane is not reachable',
        'acceptance: identity: no channel is open',
      ]),
    );
    expect(connections).toBe(2);
  });
});

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createAuthority } from '../../test/support/certificates.ts';
import { policyOf, unrecordedDial as createDial } from '../../test/support/policy.ts';
import type { Connect, ConnectToRule } from '../../foundation/src/network/connect.ts';
import type { Resolve } from '../../foundation/src/network/dial.ts';
import { createConnect } from '../../foundation/src/network/open.ts';
import type { LogData, Logger } from '../../foundation/src/logging/logger.ts';
import { NEVER } from '../../foundation/src/runtime/abort.ts';
import type { RunnerError } from '../../foundation/src/runtime/errors.ts';

const HOST = 'acme.my.salesforce.com';
const uses = [{ path: ['salesforce', 'prod', 'password'], field: 'password' }];
const policy = policyOf(
  `{version: 1, secrets: [{ref: /salesforce/prod/*, connector: salesforce, fields: [password], hosts: [${HOST}, "127.0.0.1:443", "10.9.9.9"]}]}`,
);

/** Forty ways to say a host that is not the one the secret is bound to. */
const HOSTILE: readonly string[] = [
  'evil.example',
  'acme.my.salesforce.com.evil.example',
  'evilacme.my.salesforce.com',
  'evil.acme.my.salesforce.com',
  'my.salesforce.com',
  'salesforce.com',
  'acme.my.salesforce.co',
  'acme.my.salesforce.comm',
  'acme-my.salesforce.com',
  'acme.my-salesforce.com',
  'acmey.my.salesforce.com',
  'acme..my.salesforce.com',
  '.acme.my.salesforce.com',
  'acme.my.salesforce.com..',
  'user@acme.my.salesforce.com',
  'acme.my.salesforce.com@evil.example',
  'acme.my.salesforce.com:443@evil.example',
  'acme.my.salesforce.com%2eevil.example',
  'acme%2emy.salesforce.com',
  'acme.my.salesforce.com%00.evil.example',
  'acme.my.salesforce.com\u0000.evil.example',
  'acme.my.salesforce.com#.evil.example',
  'acme.my.salesforce.com/.evil.example',
  'acme.my.salesforce.com\\.evil.example',
  'acme.my.salesforce.com?x=.evil.example',
  'acme.my.salesforce.com\r\nHost: evil.example',
  'acme.my.salesforce.com evil.example',
  ' acme.my.salesforce.com',
  'acme。my。salesforce。com',
  'аcme.my.salesforce.com',
  'xn--cme-8cd.my.salesforce.com',
  'ａcme.my.salesforce.com',
  '127.0.0.2',
  '2130706433',
  '0x7f000001',
  '0177.0.0.1',
  '127.1',
  '[::1]',
  '::ffff:127.0.0.1',
  '169.254.169.254',
  'localhost',
  '0.0.0.0',
  '*',
  '*.my.salesforce.com',
  '',
];

const logged: LogData[] = [];
const audit: Logger = {
  log: (_level, _message, data) => void logged.push(data ?? {}),
  child: () => audit,
};

let sink: tls.Server;
let port: number;
let ca: string;
let connections = 0;
let applicationBytes = 0;
let queries: string[] = [];

beforeAll(async () => {
  const authority = await createAuthority();
  ca = authority.caPem;
  const leaf = await authority.issue([
    HOST,
    'evil.example',
    '*.evil.example',
    'localhost',
    '127.0.0.1',
  ]);
  sink = tls.createServer({ cert: leaf.certPem, key: leaf.keyPem }, (socket) =>
    socket
      .on('data', (chunk: Buffer) => (applicationBytes += chunk.length))
      .on('error', () => undefined),
  );
  sink.on('connection', () => connections++);
  sink.listen(0, '127.0.0.1');
  await once(sink, 'listening');
  port = (sink.address() as AddressInfo).port;
});
afterAll(() => void sink.close());
beforeEach(() => {
  connections = applicationBytes = 0;
  queries = [];
  logged.length = 0;
});

function dial(
  connectTo: readonly ConnectToRule[] = [],
  answer: () => string[] = () => ['127.0.0.1'],
  rules = policy,
): Connect {
  const resolve: Resolve = async (host) => {
    queries.push(host);
    return answer();
  };
  return createDial({
    policy: rules,
    connector: 'Salesforce',
    uses,
    audit,
    connect: createConnect(
      { connectTo, proxy: undefined, noProxy: [], extraCa: [ca], publicCas: true },
      resolve,
    ),
  });
}

const options = { signal: NEVER, timeoutMs: 2000, tls: {} };

async function attempt(connect: Connect, host: string, at = 443): Promise<string> {
  try {
    const stream = await connect({ host, port: at }, options);
    stream.write('the secret');
    stream.destroy();
    return 'connected';
  } catch (thrown) {
    return (thrown as RunnerError).code;
  }
}

describe('the dial function', () => {
  it('sends no byte to forty other hosts, resolves none of them, and logs each denial', async () => {
    const bound = policyOf(
      `{version: 1, network: {allowPrivateAddresses: true}, secrets: [{ref: /salesforce/prod/*, connector: salesforce, fields: [password], hosts: ["${HOST}:${port}"]}]}`,
    );
    const connect = dial([], () => ['127.0.0.1'], bound);
    expect(HOSTILE.length).toBeGreaterThanOrEqual(40);
    expect(new Set(await Promise.all(HOSTILE.map((host) => attempt(connect, host, port))))).toEqual(
      new Set(['HOST_DENIED']),
    );
    expect({ connections, applicationBytes, queries }).toEqual({
      connections: 0,
      applicationBytes: 0,
      queries: [],
    });
    expect(
      logged.filter(({ event, decision }) => event === 'audit' && decision === 'deny'),
    ).toHaveLength(HOSTILE.length);
    expect(await attempt(connect, HOST, port)).toBe('connected');
    expect(queries).toEqual([HOST]);
  });

  it('connects to the bound host before and after denials, in any case and with a trailing dot', async () => {
    const connect = dial([{ from: { host: HOST, port: 443 }, to: { host: '127.0.0.1', port } }]);
    expect(await attempt(connect, HOST)).toBe('connected');
    expect(await attempt(connect, 'evil.example')).toBe('HOST_DENIED');
    expect(await attempt(connect, 'ACME.My.Salesforce.com.')).toBe('connected');
    expect(connections).toBe(2);
  });

  it('denies another port', async () => {
    expect(await attempt(dial(), HOST, 8443)).toBe('HOST_DENIED');
  });

  it('denies a bound name with a private or metadata address, and keeps the address out of the error', async () => {
    for (const address of [
      '127.0.0.1',
      '10.0.0.1',
      '169.254.169.254',
      '::1',
      'fd00::1',
      '::ffff:10.0.0.1',
      '64:ff9b::a9fe:a9fe',
      '0.0.0.0',
    ]) {
      const error = await dial([], () => ['8.8.8.8', address])(
        { host: HOST, port: 443 },
        options,
      ).catch((thrown: unknown) => thrown as RunnerError);
      expect(error).toMatchObject({
        code: 'ADDRESS_DENIED',
        message: expect.not.stringContaining(address) as string,
      });
      expect(JSON.stringify(logged.at(-1))).toContain(address);
    }
    expect(connections).toBe(0);
  });

  it('connects to no private address while a resolver changes its answer a thousand times', async () => {
    let turn = 0;
    const connect = dial([], () => (turn++ % 2 === 0 ? ['127.0.0.1'] : ['10.0.0.1']));
    const codes = await Promise.all(Array.from({ length: 1000 }, () => attempt(connect, HOST)));
    expect(new Set(codes)).toEqual(new Set(['ADDRESS_DENIED']));
    expect(connections).toBe(0);
  });

  it('denies a private address even if a rule names it', async () => {
    expect(await attempt(dial(), '127.0.0.1')).toBe('ADDRESS_DENIED');
    expect(await attempt(dial(), '10.9.9.9')).toBe('ADDRESS_DENIED');
  });

  it('denies a private address also behind a proxy', async () => {
    const proxied = createConnect({
      connectTo: [],
      proxy: `http://127.0.0.1:${port}`,
      noProxy: [],
      extraCa: [ca],
      publicCas: true,
    });
    const connect = createDial({
      policy,
      connector: 'Salesforce',
      uses,
      audit,
      connect: proxied,
    });
    expect(await attempt(connect, '10.9.9.9')).toBe('ADDRESS_DENIED');
    expect(connections).toBe(0);
  });

  it('denies a connection without TLS', async () => {
    await expect(
      dial()({ host: HOST, port: 443 }, { signal: options.signal, timeoutMs: 100 }),
    ).rejects.toMatchObject({ code: 'HOST_DENIED' });
  });

  it('denies every host to a job with a secret that no rule covers', async () => {
    const connect = createDial({
      policy,
      connector: 'Salesforce',
      uses: [...uses, { path: ['other'], field: 'securityToken' }],
      audit,
      connect: dial(),
    });
    expect(await attempt(connect, HOST)).toBe('HOST_DENIED');
  });
});

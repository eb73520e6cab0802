import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAuthority } from '../../../test/support/certificates.ts';
import { ConnectProxy } from '../../../test/support/connect-proxy.ts';
import { load } from '../../../test/support/config-loading.ts';
import { SERVER, SyslogServer } from '../../../test/support/syslog-server.ts';
import type { Logger, LogData } from '../../../foundation/src/logging/logger.ts';
import { noMetrics } from '../../../foundation/src/logging/metrics.ts';
import { openAuditTrail } from '../../audit/open.ts';
import { createSyslogForwarder } from './audit-syslog.ts';

let directory: string;
let server: SyslogServer;
beforeEach(async () => void (directory = await mkdtemp(join(tmpdir(), 'syslog-'))));
afterEach(async () => {
  await server.close();
  await rm(directory, { recursive: true });
});

async function write(name: string, content: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, content, { mode: 0o600 });
  return path;
}

/** Runs with these settings until something is logged, and resolves with that. */
async function firstLog(
  syslog: Readonly<Record<string, unknown>>,
  proxy?: string,
): Promise<LogData> {
  const connectTo = [`${SERVER.host}:6514=127.0.0.1:${server.port}`];
  const file = JSON.stringify({
    stateDir: directory,
    network: { connectTo, proxy },
    audit: { syslog: { url: `tls://${SERVER.host}`, ...syslog } },
  });
  const { config } = load({ file });
  await openAuditTrail(directory).record({ event: 'test' });
  const logged = Promise.withResolvers<LogData>();
  const logger: Logger = {
    log: (_level, message, data) => logged.resolve({ message, ...data }),
    child: () => logger,
  };
  const stop = new AbortController();
  const forwarder = createSyslogForwarder(config, { logger, metrics: noMetrics })!;
  const running = forwarder.run(stop.signal);
  const result = await logged.promise;
  stop.abort();
  await running;
  return result;
}

it('without a server, nothing sends the audit trail', async () => {
  server = await SyslogServer.start();
  const { config } = load({ env: { HYBRID_RUNNER_AUDIT_SYSLOG_FACILITY: 'local3' } });
  const deps = { logger: undefined as never, metrics: noMetrics };
  expect(createSyslogForwarder(config, deps)).toBeUndefined();
});

describe('the audit trail', () => {
  it('goes to a server with a certificate of the configured CA, with facility and host', async () => {
    server = await SyslogServer.start();
    const caFile = await write('ca.pem', server.authority.caPem);
    expect(await firstLog({ caFile, facility: 'local3' })).toMatchObject({
      message: 'audit trail sent to syslog',
      server: 'syslog.example.com:6514',
    });
    expect(server.messages[0]).toMatch(
      /^<158>1 \d{4}-\S+Z [\x21-\x7e]+ hybrid-runner - test - \{"event":"test"/,
    );
  });

  it('stays here if the certificate of the server is for another name', async () => {
    server = await SyslogServer.start({ names: ['other.example.com'] });
    const caFile = await write('ca.pem', server.authority.caPem);
    expect(await firstLog({ caFile })).toMatchObject({ code: 'TLS_UNTRUSTED' });
    expect(server.messages).toEqual([]);
  });

  it('stays here if the certificate of the server is of another CA', async () => {
    server = await SyslogServer.start();
    const caFile = await write('ca.pem', (await createAuthority()).caPem);
    expect(await firstLog({ caFile })).toMatchObject({ code: 'TLS_UNTRUSTED' });
    expect(server.messages).toEqual([]);
  });

  it.each([
    [false, { code: 'NETWORK_RESET', error: expect.stringContaining('without close_notify') }],
    [true, { message: 'audit trail sent to syslog' }],
  ])(
    'whose server ends the connection without close_notify: with allowPlainEnd %s',
    async (allowPlainEnd, expected) => {
      server = await SyslogServer.start();
      server.conduct = 'plainEnd';
      const caFile = await write('ca.pem', server.authority.caPem);
      expect(await firstLog({ caFile, allowPlainEnd })).toMatchObject(expected);
    },
  );

  it('goes through the proxy of the configuration', async () => {
    server = await SyslogServer.start();
    const proxy = await ConnectProxy.open();
    const caFile = await write('ca.pem', server.authority.caPem);
    expect(await firstLog({ caFile }, `http://127.0.0.1:${proxy.port}`)).toMatchObject({
      message: 'audit trail sent to syslog',
    });
    expect(proxy.requested).toEqual([`127.0.0.1:${server.port}`]);
    await proxy.close();
  });

  it('goes to a server that asks for a certificate, only with one of its CA', async () => {
    server = await SyslogServer.start({ mutual: true });
    const caFile = await write('ca.pem', server.authority.caPem);
    expect(await firstLog({ caFile })).toMatchObject({
      code: expect.stringMatching(/^(NETWORK|TLS)_/),
    });
    expect(server.messages).toEqual([]);
    const { certPem, keyPem } = await server.authority.issue(['runner'], { client: true });
    const certFile = await write('cert.pem', certPem);
    const keyFile = await write('key.pem', keyPem);
    expect(await firstLog({ caFile, certFile, keyFile })).toMatchObject({
      message: 'audit trail sent to syslog',
    });
  });
});

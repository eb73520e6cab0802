import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAuthority } from '../../test/support/certificates.ts';
import { DoctorScene, findings, firstFailure } from '../../test/support/doctor-scene.ts';
import { SyslogServer } from '../../test/support/syslog-server.ts';

let scene: DoctorScene;
let server: SyslogServer;
beforeEach(async () => void (scene = await DoctorScene.open()));
afterEach(async () => {
  await server.close();
  await scene.close();
});

/** Configures the server as it expects it; `more` overrides that. */
async function useServer(
  options: Parameters<typeof SyslogServer.start>[0] = {},
  more: Readonly<Record<string, string>> = {},
): Promise<void> {
  server = await SyslogServer.start({ ...options, names: ['localhost'] });
  const url = `tls://localhost:${server.port}`;
  const caFile = scene.file('syslog-ca.pem', server.authority.caPem);
  scene.configure({ audit: { syslog: { url, caFile, ...more } } });
}

describe('a syslog server', () => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'that would take the audit trail gets no line of it (%s)',
    async (maxVersion) => {
      const authority = await createAuthority('Syslog CA');
      const { certPem, keyPem } = await authority.issue(['runner'], { client: true });
      const certFile = scene.file('syslog.pem', certPem);
      const keyFile = scene.file('syslog.key', keyPem);
      await useServer({ mutual: true, authority, maxVersion }, { certFile, keyFile });
      const report = await scene.diagnose();
      expect(findings(report, 'fail')).toEqual([]);
      expect(findings(report, 'pass').join('\n')).toMatch(
        /syslog: localhost:\d+: answers the end of a connection/,
      );
      expect(server.messages).toEqual([]);
    },
  );

  it('that wants a client certificate is a failure without one', async () => {
    await useServer({ mutual: true });
    expect(firstFailure(await scene.diagnose())).toMatch(/^syslog: localhost:\d+: /);
  });

  it('that is a server of another kind is a failure', async () => {
    await useServer();
    server.conduct = 'talk';
    expect(firstFailure(await scene.diagnose())).toMatch(
      /^syslog: localhost:\d+: the server sent data, which a syslog server never does$/,
    );
  });

  it('with a certificate of another CA is a failure that names the setting', async () => {
    await useServer(
      {},
      { caFile: scene.file('other.pem', (await createAuthority('Other CA')).caPem) },
    );
    const report = await scene.diagnose();
    expect(firstFailure(report)).toMatch(
      /^tls: localhost:\d+: issued by Syslog CA, a CA that is not trusted/,
    );
    expect(report.firstFailure?.remedy).toContain('set audit.syslog.caFile to its PEM file');
  });
});

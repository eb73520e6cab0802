import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../../sandbox-org/src/sandbox.ts';
import {
  createAuthority,
  selfSigned,
  type Authority,
} from '../../../../test/support/certificates.ts';
import {
  extractFrom,
  soapOptions,
  tableNames,
  type RunOptions,
} from '../../../../test/support/salesforce-run.ts';

let sandbox: Sandbox;
let authority: Authority;

beforeAll(async () => {
  authority = await createAuthority('Client CA');
  sandbox = await startSandbox({ objects: 30, clientCas: [authority.caPem] });
});
afterAll(() => sandbox.close());
beforeEach(() => {
  sandbox.faults.clear();
  sandbox.resetStats();
});

function withCertificate(
  certificate: string | (() => string),
  key: string | (() => string),
): RunOptions {
  const { connection, secrets } = soapOptions(sandbox);
  return {
    connection: {
      ...connection,
      sobjectNames: ['Account'],
      sslConfig: { sslCertificate: 'x', sslKey: 'x' },
    },
    secrets: { ...secrets, 'sslConfig.sslCertificate': certificate, 'sslConfig.sslKey': key },
    tuning: { tries: 1 },
  };
}

function presented(): (string | null)[] {
  return [...new Set(sandbox.stats().requests.map(({ client }) => client))];
}

describe('a client certificate', () => {
  it('is presented on port 8443 of the org’s own domain, at sign-in and in every call', async () => {
    const leaf = await authority.issue(['runner-one'], { client: true });
    const { records, dialed } = await extractFrom(
      sandbox,
      withCertificate(leaf.certPem, leaf.keyPem),
    );
    expect(tableNames(records)).toEqual(['Account']);
    expect(new Set(dialed)).toEqual(new Set(['acme.my.salesforce.com:8443']));
    expect(presented()).toEqual(['runner-one']);
  });

  it('is read for each connection, so a renewed one is used during a run', async () => {
    const [first, second] = [
      await authority.issue(['runner-one'], { client: true }),
      await authority.issue(['runner-two'], { client: true }),
    ];
    let read = 0;
    sandbox.faults.install({ match: { path: 'sobjects$', times: 1 }, effect: { kind: 'reset' } });
    const { records } = await extractFrom(sandbox, {
      ...withCertificate(
        () => (read++ === 0 ? first : second).certPem,
        () => (read === 1 ? first : second).keyPem,
      ),
      tuning: { tries: 3 },
    });
    expect(tableNames(records)).toEqual(['Account']);
    expect(presented()).toEqual(['runner-one', 'runner-two']);
  });

  it('that the org does not accept ends the run with a typed error', async () => {
    const stranger = await selfSigned(['stranger']);
    await expect(
      extractFrom(sandbox, withCertificate(stranger.certPem, stranger.keyPem)),
    ).rejects.toMatchObject({
      code: 'TLS_UNTRUSTED',
      remedy: expect.stringContaining('client certificate') as string,
    });
    expect(sandbox.stats().httpRequests).toBe(0);
  });

  it('with the key of another certificate is rejected before anything is sent', async () => {
    const [one, other] = [
      await authority.issue(['one'], { client: true }),
      await authority.issue(['other'], { client: true }),
    ];
    await expect(
      extractFrom(sandbox, withCertificate(one.certPem, other.keyPem)),
    ).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    expect(sandbox.stats().httpRequests).toBe(0);
  });
});

import { describe, expect, it } from 'vitest';
import { loadConnectors } from '../connectors/registry.ts';
import { createRedactor } from '../redaction/redactor.ts';
import { parseJobDocument } from './job-document.ts';
import { storableConnection } from './service-connection.ts';

const references = {
  type: 'salesforce',
  username: 'catalog@acme.example',
  password: 'secret:/salesforce/prod/password',
  securityToken: 'secret:/salesforce/prod/security-token',
  salesforceDomain: 'acme.my',
};

async function stored(
  config: Readonly<Record<string, unknown>>,
  ...secrets: readonly string[]
): Promise<unknown> {
  const { workflow } = parseJobDocument(
    JSON.stringify({
      source: {
        type: 'salesforce',
        serviceName: 'crm',
        serviceConnection: { config },
        sourceConfig: { config: {} },
      },
    }),
  );
  const redactor = createRedactor();
  for (const secret of secrets) redactor.add(secret);
  return storableConnection({ workflow, connector: (await loadConnectors())[0]!, redactor });
}

describe('the connection that a catalog may store', () => {
  it('has the references of the workflow, without empty fields', async () => {
    expect(await stored({ ...references, consumerSecret: '', organizationId: null })).toEqual({
      ...references,
      type: 'Salesforce',
    });
  });

  it.each([
    ['password', 'hunter22hunter22'],
    ['password', 'secret:/'],
    ['consumerSecret', '*********'],
    ['sslConfig', { sslKey: '/etc/keys/client.pem' }],
  ])('is left out when %s is %j, which is no reference', async (field, value) => {
    expect(await stored({ ...references, [field]: value })).toBeUndefined();
  });

  it('is left out when another field repeats a secret', async () => {
    expect(await stored({ ...references, username: 'hunter22hunter22' }, 'hunter22hunter22')).toBe(
      undefined,
    );
  });

  it('never has options of drivers, which may hold secrets that nothing marks as such', async () => {
    const options = { connectionOptions: { a: 'b' }, connectionArguments: { c: 'd' } };
    expect(await stored({ ...references, ...options })).toEqual({
      ...references,
      type: 'Salesforce',
    });
  });
});

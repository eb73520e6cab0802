import { expect, it } from 'vitest';
import { policyOf } from '../../test/support/policy.ts';
import { salesforceWorkflow } from '../../test/support/salesforce-workflow.ts';
import { createSalesforceConnector } from '../connectors/salesforce/connector.ts';
import { explainJob } from './explain-job.ts';
import { parseJobDocument } from './job-document.ts';

const RULE = `{ref: /sf/*, connector: salesforce, hosts: [acme.my.salesforce.com], fields:
  [consumerSecret, sslConfig.caCertificate]}`;

/** `about: rule` of what is denied. */
function denied(policy: string, connection: object): readonly string[] {
  const document = salesforceWorkflow({
    consumerKey: 'key',
    consumerSecret: 'secret:/sf/app',
    salesforceDomain: 'acme.my',
    ...connection,
  });
  const { workflow } = parseJobDocument(JSON.stringify(document));
  const connector = createSalesforceConnector();
  return explainJob({
    policy: policyOf(`{version: 1, secrets: [${RULE}], ${policy}}`),
    kind: 'metadata',
    document,
    workflow,
    connector,
    now: 0,
  })
    .access.filter(({ decision }) => !decision.allowed)
    .map(({ about, decision }) => `${about.join(' > ')}: ${decision.rule}`);
}

const withAuthority = (caCertificate: string): object => ({ sslConfig: { caCertificate } });

it('finds nothing to deny in what the rules permit', () => {
  expect(denied('', {})).toEqual([]);
  expect(denied('', withAuthority('secret:/sf/ca'))).toEqual([]);
});

it.each([
  [
    'a CA certificate of a provider, where none is trusted',
    'network: {jobCertificateAuthorities: deny}',
    withAuthority('secret:/sf/ca'),
    ['CA certificate as sslConfig.caCertificate: network.jobCertificateAuthorities'],
  ],
  [
    'a CA certificate in the job',
    'plainTextSecrets: allow',
    withAuthority('-----BEGIN CERTIFICATE-----'),
    ['CA certificate as sslConfig.caCertificate: network.jobCertificateAuthorities'],
  ],
  [
    'a secret in plain text',
    '',
    { consumerSecret: 'typed in' },
    [
      'plain text as consumerSecret: plainTextSecrets',
      'connection > acme.my.salesforce.com:443: network.allow',
    ],
  ],
  [
    'a file, where there is no directory for files',
    '',
    withAuthority('/etc/ca.pem'),
    ['file as sslConfig.caCertificate > /etc/ca.pem: files.directory'],
  ],
  [
    'a reference in a field that is not secret',
    '',
    { databaseName: 'secret:/sf/app' },
    ['document > SECRET_IN_PLAIN_FIELD: built in'],
  ],
])('names the rule that denies %s', (_what, policy, connection, expected) => {
  expect(denied(policy, connection)).toEqual(expected);
});

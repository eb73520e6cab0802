import { describe, expect, it } from 'vitest';
import { policyOf } from '../../test/support/policy.ts';
import type { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { scanForSecrets } from './scan.ts';

describe('a CA certificate of a job', () => {
  const places = [
    {
      at: 'source.serviceConnection.config',
      fields: ['sslConfig.caCertificate'],
      fileFields: ['sslConfig.caCertificate'],
      authorityFields: ['sslConfig.caCertificate'],
    },
  ];
  const outcome = (caCertificate: string, policy: string): string => {
    try {
      scanForSecrets(
        { source: { serviceConnection: { config: { sslConfig: { caCertificate } } } } },
        {
          places,
          policy: policyOf(policy),
        },
      );
      return 'accepted';
    } catch (thrown) {
      return (thrown as RunnerError).code;
    }
  };
  const pem = '-----BEGIN CERTIFICATE-----';

  it.each([
    [pem, '{version: 1, plainTextSecrets: allow}', 'CA_CERTIFICATE_DENIED'],
    ['secret:/ca', '{version: 1}', 'accepted'],
    ['/etc/cas/own.pem', '{version: 1, files: {directory: /etc/cas}}', 'accepted'],
    [
      'secret:/ca',
      '{version: 1, network: {jobCertificateAuthorities: deny}}',
      'CA_CERTIFICATE_DENIED',
    ],
    ['', '{version: 1, network: {jobCertificateAuthorities: deny}}', 'accepted'],
    [
      pem,
      '{version: 1, plainTextSecrets: allow, network: {jobCertificateAuthorities: allow}}',
      'accepted',
    ],
    [pem, '{version: 1, network: {jobCertificateAuthorities: allow}}', 'SECRET_IN_PLAIN_TEXT'],
  ])('%s with the policy %s: %s', (value, policy, expected) => {
    expect(outcome(value, policy)).toBe(expected);
  });
});

import { describe, expect, it } from 'vitest';
import { policyOf } from '../../test/support/policy.ts';
import type { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { scanForSecrets } from './scan.ts';

const secretFields = ['password', 'securityToken', 'sslConfig.sslKey'];
const deny = policyOf('version: 1');
const allow = policyOf('{version: 1, plainTextSecrets: allow}');

function workflow(
  connection: Readonly<Record<string, unknown>>,
  rest: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  return {
    source: {
      type: 'salesforce',
      serviceName: 'prod',
      serviceConnection: { config: { type: 'Salesforce', ...connection } },
      sourceConfig: { config: { type: 'DatabaseMetadata', ...rest } },
    },
    workflowConfig: { loggerLevel: 'INFO' },
  };
}

const scan = (document: unknown, policy = deny): unknown =>
  scanForSecrets(document, {
    places: [{ at: 'source.serviceConnection.config', fields: secretFields }],
    policy,
  })[0];

function problem(document: unknown, policy = deny): RunnerError {
  try {
    scan(document, policy);
  } catch (thrown) {
    return thrown as RunnerError;
  }
  throw new Error('the document was accepted');
}

describe('the scan of a job', () => {
  it('returns the references in secret fields', () => {
    expect(
      scan(
        workflow({
          username: 'u',
          password: 'secret:/a/b',
          sslConfig: { sslKey: 'secret:/k', other: 'x' },
        }),
      ),
    ).toEqual([
      { path: ['a', 'b'], field: 'password' },
      { path: ['k'], field: 'sslConfig.sslKey' },
    ]);
  });

  it('rejects a reference in any other place of the document', () => {
    const canary = 'secret:/canary';
    const places: unknown[] = [
      workflow({ username: canary }),
      workflow({ salesforceDomain: `x${canary}` }),
      workflow({ nested: { deep: [1, { x: canary }] } }),
      workflow({ [canary]: 1 }),
      workflow({ password: [canary] }),
      workflow({ password: { value: canary } }),
      workflow({ sslConfig: canary }),
      workflow({}, { tableFilterPattern: { includes: [`^${canary}$`] } }),
      workflow({}, { password: canary }),
      { ...workflow({}), sink: { config: { url: `https://h/?q=${canary}` } } },
      { ...workflow({}), [`x-${canary}`]: {} },
      canary,
      [canary],
      { 'source.serviceConnection.config.password': canary },
      { source: { 'serviceConnection.config': { password: canary } } },
      { source: { serviceConnection: { config: { 'sslConfig.sslKey': canary } } } },
      workflow({ Password: canary }),
      workflow({ connectionOptions: { proxy: canary } }),
    ];
    for (const document of places) expect(problem(document).code).toBe('SECRET_IN_PLAIN_FIELD');
  });

  it('rejects a reference in every field that is not secret', () => {
    const document = workflow(
      {
        username: 'u',
        password: 'secret:/p',
        securityToken: 'secret:/t',
        salesforceDomain: 'login',
        sslConfig: { caCertificate: 'x', sslKey: 'secret:/k' },
      },
      { tableFilterPattern: { includes: ['a'] } },
    );
    const accepted: string[] = [];
    const visit = (value: unknown, at: string, put: (text: string) => void): void => {
      if (typeof value === 'string') {
        put('secret:/canary');
        try {
          scan(document);
          accepted.push(at);
        } catch (thrown) {
          expect((thrown as RunnerError).code).toBe('SECRET_IN_PLAIN_FIELD');
        }
        return put(value);
      }
      for (const [key, item] of Object.entries(value as object))
        visit(item, `${at}.${key}`, (text) => ((value as Record<string, unknown>)[key] = text));
    };
    visit(document, '', () => undefined);
    expect(accepted).toEqual(
      secretFields.map((field) => `.source.serviceConnection.config.${field}`),
    );
  });

  it('rejects malformed references in secret fields, without repeating them', () => {
    for (const text of [
      'secret:/a/../b',
      ' secret:/a',
      'Secret:/a',
      'secret:/a secret:/b',
      'secret:mypassword',
      'secret:/%2e%2e/hunter22',
    ]) {
      const error = problem(workflow({ password: text }), allow);
      expect(error.code).toBe('SECRET_REFERENCE_INVALID');
      expect(error.message).not.toContain(text.trim());
    }
  });

  it('rejects plain text that the policy denies, without repeating it', () => {
    const error = problem(workflow({ password: 'hunter22hunter22' }));
    expect(error).toMatchObject({
      code: 'SECRET_IN_PLAIN_TEXT',
      message: expect.not.stringContaining('hunter22') as string,
    });
    expect(scan(workflow({ password: 'hunter22hunter22', securityToken: '' }), allow)).toEqual([]);
    expect(scan(workflow({ password: '', securityToken: null }))).toEqual([]);
  });

  it('returns references for each place, and ignores fields that the run does not use', () => {
    const document = {
      ...workflow({ password: 'secret:/a' }),
      server: { token: 'secret:/b' },
      other: { token: 'plain, or secret:/c' },
    };
    const places = [
      { at: 'source.serviceConnection.config', fields: secretFields },
      { at: 'server', fields: ['token'] },
      { at: 'other', fields: ['token'], unused: true },
    ];
    expect(scanForSecrets(document, { places, policy: deny })).toEqual([
      [{ path: ['a'], field: 'password' }],
      [{ path: ['b'], field: 'token' }],
      [],
    ]);
    expect(() =>
      scanForSecrets({ ...document, other: { tokens: 'secret:/c' } }, { places, policy: deny }),
    ).toThrow('other.tokens');
  });

  it('reports all problems at once, with the code of the worst', () => {
    const error = problem(
      workflow({
        username: 'secret:/a',
        password: 'plain',
        securityToken: 'secret:/../x',
        x: { y: 'secret:/b' },
      }),
    );
    expect(error.code).toBe('SECRET_IN_PLAIN_FIELD');
    for (const field of ['username', 'password', 'securityToken', 'x.y'])
      expect(error.message).toContain(`source.serviceConnection.config.${field}:`);
  });

  it('limits the length of its message', () => {
    expect(problem(Array.from({ length: 10_000 }, () => 'secret:/a')).message).toMatch(
      /and 9980 more$/,
    );
  });

  it('rejects a document that is nested too deeply', () => {
    const deep = JSON.parse(`${'['.repeat(5000)}"secret:/a"${']'.repeat(5000)}`) as unknown;
    expect(problem(deep).code).toBe('JOB_INVALID');
  });
});

describe('the scan of a field that can name a file', () => {
  const policy = policyOf('{version: 1, files: {directory: /etc/tls}}');
  const fields = ['password', 'sslConfig.sslKey'];
  const scanConfig = (config: object): unknown =>
    scanForSecrets(
      { config },
      { policy, places: [{ at: 'config', fields, fileFields: ['sslConfig.sslKey'] }] },
    );

  it('accepts a path below the directory of the policy', () => {
    expect(scanConfig({ sslConfig: { sslKey: '/etc/tls/key.pem' } })).toEqual([[]]);
  });

  it.each([
    ['a path elsewhere', { sslConfig: { sslKey: '/etc/shadow' } }, 'SECRET_FILE_DENIED'],
    ['a path in another field', { password: '/etc/tls/key.pem' }, 'SECRET_IN_PLAIN_TEXT'],
    [
      'a key as text',
      { sslConfig: { sslKey: '-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----' } },
      'SECRET_IN_PLAIN_TEXT',
    ],
    [
      'a path with a line break',
      { sslConfig: { sslKey: '/etc/tls/key.pem\nmore' } },
      'SECRET_IN_PLAIN_TEXT',
    ],
  ])('rejects %s', (_what, config, code) => {
    expect(() => scanConfig(config)).toThrow(expect.objectContaining({ code }));
  });
});

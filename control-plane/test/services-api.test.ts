import { describe, expect, it } from 'vitest';
import { SERVICE } from './stage.ts';
import { stage, useApi } from './api-stage.ts';

useApi();

describe('services', () => {
  it.each([
    ['password', { password: 'hunter2' }],
    ['securityToken', { securityToken: 'abc' }],
    ['consumerSecret', { consumerSecret: 'abc' }],
    ['privateKey', { privateKey: 'abc' }],
    ['sslConfig.caCertificate', { sslConfig: { caCertificate: '-----BEGIN' } }],
    ['password', { password: 'my secret:/a' }],
    ['password', { password: 12345 }],
  ])('reject plain text in %s without repeating it', async (field, connection) => {
    const answer = await stage.api.put('/api/v1/services/plain', {
      type: 'Salesforce',
      connection,
    });
    expect(answer).toMatchObject({
      status: 422,
      body: {
        error: {
          code: 'SECRET_IN_PLAIN_TEXT',
          message: `fields are not secret references: ${field}`,
          remedy: expect.stringContaining('secret:/'),
        },
      },
    });
    expect((await stage.api.get('/api/v1/services/plain')).status).toBe(404);
  });

  it.each([
    ['username', 'secret:/sf/user'],
    ['databaseName', 'x secret:/a'],
    ['tableFilterPattern.includes.0', 'Secret:/a'],
  ])('reject a secret reference in %s, which no runner resolves', async (field, text) => {
    const [name, ...rest] = field.split('.');
    const connection = {
      ...SERVICE.connection,
      [name!]: rest.length === 0 ? text : { includes: [text] },
    };
    expect(
      await stage.api.put('/api/v1/services/plain', { type: 'Salesforce', connection }),
    ).toMatchObject({
      status: 400,
      body: {
        error: {
          code: 'INPUT_INVALID',
          message: `secret reference in fields that are not secret: ${field}`,
        },
      },
    });
  });

  it('are created, replaced and listed', async () => {
    expect(await stage.api.put('/api/v1/services/acme', SERVICE)).toMatchObject({
      status: 200,
      body: { name: 'acme', runner: null },
    });
    await stage.api.put(
      '/api/v1/services/acme',
      { ...SERVICE, displayName: 'Acme, Inc.' },
      { 'if-match': '*' },
    );
    expect((await stage.api.get('/api/v1/services/acme')).body).toMatchObject({
      displayName: 'Acme, Inc.',
      connection: SERVICE.connection,
    });
    expect(
      (await stage.api.get('/api/v1/services')).body.services.map(
        ({ name }: { name: string }) => name,
      ),
    ).toEqual(['acme', 'sandbox']);
  });
});

import { Connection } from 'jsforce';
import { setDispatcher } from 'jsforce/lib/request.js';
import { Agent } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from 'node:tls';
import { startSandbox, type Sandbox } from '../src/sandbox.ts';

let sandbox: Sandbox;
let agent: Agent;

beforeAll(async () => {
  sandbox = await startSandbox({ objects: 100 });
  agent = new Agent({
    connect: (options, done) => {
      const socket = connect(
        { host: '127.0.0.1', port: sandbox.port, servername: options.hostname, ca: sandbox.caPem },
        () => done(null, socket),
      );
      socket.once('error', (error) => done(error, null));
    },
  });
  setDispatcher(agent);
});
afterAll(async () => {
  await agent.close();
  await sandbox.close();
});

describe('jsforce against the sandbox org', () => {
  it('signs in by SOAP, describes and queries with paging', async () => {
    const { username, password, securityToken } = sandbox.credentials;
    const login = new Connection({ loginUrl: 'https://login.salesforce.com', version: '64.0' });
    const user = await login.login(username, password + securityToken);
    expect(user.organizationId.slice(0, 15)).toBe(sandbox.organizationId);
    const org = new Connection({
      instanceUrl: login.instanceUrl,
      accessToken: login.accessToken ?? '',
      version: '66.0',
    });
    expect((await org.describeGlobal()).sobjects).toHaveLength(100);
    expect((await org.describe('Contact')).fields).toHaveLength(
      sandbox.org.fields('Contact').length,
    );
    const rows = await org.query('SELECT Id, Name FROM Account', {
      autoFetch: true,
      maxFetch: 20_000,
    });
    expect(rows.records).toHaveLength(rows.totalSize);
    expect(
      (
        await org.tooling.query(
          "SELECT QualifiedApiName FROM FieldDefinition WHERE EntityDefinitionId = 'Account'",
        )
      ).totalSize,
    ).toBeGreaterThan(50);
    expect(org.limitInfo.apiUsage?.limit).toBe(100_000);
  });

  it('signs in with client credentials', async () => {
    const { consumerKey, consumerSecret } = sandbox.credentials;
    const org = new Connection({
      instanceUrl: 'https://acme.my.salesforce.com',
      version: '66.0',
      oauth2: {
        clientId: consumerKey,
        clientSecret: consumerSecret,
        loginUrl: 'https://acme.my.salesforce.com',
      },
    });
    const user = await org.authorize({ grant_type: 'client_credentials' });
    expect(user.organizationId.slice(0, 15)).toBe(sandbox.organizationId);
    expect((await org.identity()).username).toBe(sandbox.credentials.username);
  });

  it('reports a wrong password as with Salesforce', async () => {
    const login = new Connection({ loginUrl: 'https://login.salesforce.com', version: '64.0' });
    await expect(login.login(sandbox.credentials.username, 'wrong')).rejects.toThrow(
      'INVALID_LOGIN: Invalid username, password, security token; or user locked out.',
    );
  });
});

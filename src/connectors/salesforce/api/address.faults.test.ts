import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startSandbox, type Sandbox } from '../../../../sandbox-org/src/sandbox.ts';
import { contextFor, type RecordedContext } from '../../../../test/support/connector-context.ts';
import { soapOptions } from '../../../../test/support/salesforce-run.ts';
import { RunnerError } from '../errors/errors.ts';
import { parseConnection } from '../sign-in/connection.ts';
import { jobWork } from '../../job-work.ts';
import { createSalesforceConnector } from '../connector.ts';
import { openOrg } from './org.ts';
import { queryPages } from './query-pages.ts';

let sandbox: Sandbox;
const ELSEWHERE = [
  'https://evil.example',
  'https://acme.my.salesforce.com.evil.example',
  'https://acme.my.salesforce.com@evil.example',
  'http://acme.my.salesforce.com',
  'https://other.my.salesforce.com',
  '//evil.example/',
  'https://acme.my.salesforce.com:9443',
  'https://169.254.169.254/latest/meta-data',
];

beforeAll(async () => {
  sandbox = await startSandbox({ objects: 30 });
});
afterAll(() => sandbox.close());
beforeEach(() => {
  sandbox.faults.clear();
  sandbox.unlockUser();
});

interface Ended extends RecordedContext {
  readonly code: string;
}

/** Runs to the end; returns its error code and every host that was dialed. */
async function endOf(ways: Parameters<typeof contextFor>[1]): Promise<Ended> {
  const recorded = contextFor(sandbox, ways);
  const connector = createSalesforceConnector({ pauseMs: 1, tries: 2, callMs: 2000 });
  try {
    const records = jobWork(connector, 'metadata')(recorded.context, AbortSignal.timeout(240_000));
    while ((await records[Symbol.asyncIterator]().next()).done !== true);
    return { ...recorded, code: 'none' };
  } catch (thrown) {
    return { ...recorded, code: RunnerError.from(thrown).code };
  }
}

/** Wherever a response points, the session goes only to the org of the connection. */
function expectHome({ dialed }: Pick<Ended, 'dialed'>): void {
  expect(new Set(dialed)).toEqual(new Set(['acme.my.salesforce.com:443']));
}

describe.each(ELSEWHERE)('an address of %s', (url) => {
  it('ends the sign-in as serverUrl of login()', async () => {
    sandbox.faults.install({ match: { path: 'Soap' }, effect: { kind: 'hostile-url', url } });
    const end = await endOf(soapOptions(sandbox));
    expect(end.code).toBe('SALESFORCE_UNEXPECTED');
    expectHome(end);
  });

  it('ends the sign-in as instance_url of a token', async () => {
    sandbox.faults.install({ match: { path: 'oauth2' }, effect: { kind: 'hostile-url', url } });
    const { consumerKey, consumerSecret } = sandbox.credentials;
    const end = await endOf({
      connection: { consumerKey, consumerSecret: 'x', salesforceDomain: sandbox.myDomain },
      secrets: { consumerSecret },
    });
    expect(end.code).toBe('SALESFORCE_UNEXPECTED');
    expectHome(end);
  });

  it('is not followed as the target of a redirect, even at sign-in', async () => {
    for (const path of ['Soap', 'sobjects$', '/composite']) {
      sandbox.faults.clear();
      sandbox.faults.install({
        match: { path },
        effect: { kind: 'redirect', location: url, status: 307 },
      });
      const end = await endOf({
        ...soapOptions(sandbox),
        connection: { ...soapOptions(sandbox).connection, sobjectNames: ['Account'] },
      });
      expect(
        path === '/composite' ? ['none', 'SALESFORCE_UNEXPECTED'] : ['SALESFORCE_UNEXPECTED'],
      ).toContain(end.code);
      expectHome(end);
    }
  });

  it('as the next page of a query is never asked for', async () => {
    sandbox.faults.install({
      match: { path: 'tooling/query' },
      effect: {
        kind: 'respond',
        status: 200,
        body: {
          size: 1,
          totalSize: 2,
          done: false,
          nextRecordsUrl: url,
          records: [{ Name: 'one' }],
        },
      },
    });
    const options = soapOptions(sandbox);
    const { context, dialed } = contextFor(sandbox, options);
    const { signal } = new AbortController();
    const org = openOrg(
      {
        connection: parseConnection(options.connection),
        context,
        tuning: { pauseMs: 1, tries: 2 },
      },
      signal,
    );
    try {
      const pages = queryPages(
        { api: org.api, version: '64.0', what: 'names' },
        'SELECT Name FROM ApexClass',
        z.object({ Name: z.string() }),
        signal,
      );
      await expect(pages.next()).rejects.toMatchObject({ code: 'SALESFORCE_UNEXPECTED' });
    } finally {
      await org.close();
    }
    expectHome({ dialed });
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../../sandbox-org/src/sandbox.ts';
import { contextFor } from '../../../../test/support/connector-context.ts';
import { soapOptions } from '../../../../test/support/salesforce-run.ts';
import { parseConnection } from '../sign-in/connection.ts';
import { openOrg } from './org.ts';

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ objects: 40 });
});
afterAll(() => sandbox.close());
beforeEach(() => {
  sandbox.faults.clear();
  sandbox.resetStats();
  sandbox.unlockUser();
});

describe('openOrg', () => {
  it('halves the concurrency limit when Salesforce rejects concurrent calls, with the status of forbidden ones', async () => {
    const { context } = contextFor(sandbox, soapOptions(sandbox));
    const { signal } = new AbortController();
    sandbox.faults.install({
      match: { path: 'limits$', times: 1 },
      effect: {
        kind: 'respond',
        status: 403,
        body: [
          {
            errorCode: 'REQUEST_LIMIT_EXCEEDED',
            message: 'ConcurrentRequests (Concurrent API Requests) Limit exceeded.',
          },
        ],
      },
    });
    const org = openOrg(
      {
        connection: parseConnection(soapOptions(sandbox).connection),
        context,
        tuning: { pauseMs: 1 },
      },
      signal,
    );
    const before = org.limit.value;
    try {
      await org.api.json(
        { method: 'GET', path: '/services/data/v64.0/limits', what: 'the API limits' },
        signal,
      );
      expect(org.limit.value).toBe(before / 2);
    } finally {
      await org.close();
    }
  });

  it('signs in once for fifty concurrent calls whose session has ended', async () => {
    const { context } = contextFor(sandbox, soapOptions(sandbox));
    const { signal } = new AbortController();
    const org = openOrg(
      {
        connection: parseConnection(soapOptions(sandbox).connection),
        context,
        tuning: { pauseMs: 1, maxSockets: 50 },
      },
      signal,
    );
    const limits = (): Promise<unknown> =>
      org.api.json(
        { method: 'GET', path: '/services/data/v64.0/limits', what: 'the API limits' },
        signal,
      );
    try {
      await limits();
      sandbox.expireSessions();
      const answers = await Promise.all(Array.from({ length: 50 }, limits));
      expect(
        answers.every(
          (answer) => typeof answer === 'object' && answer !== null && 'DailyApiRequests' in answer,
        ),
      ).toBe(true);
      expect(sandbox.stats().logins).toBe(2);
    } finally {
      await org.close();
    }
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { NEVER } from '../../../../foundation/src/runtime/abort.ts';
import { startSandbox, type Sandbox } from '../../../../sandbox-org/src/sandbox.ts';
import { extractFrom, soapOptions, tableNames } from '../../../../test/support/salesforce-run.ts';
import type { Session } from './session.ts';
import { SessionKeeper } from './session-keeper.ts';

let sandbox: Sandbox;
const one = { sobjectNames: ['Account'] };

beforeAll(async () => {
  sandbox = await startSandbox({ objects: 30 });
});
afterAll(() => sandbox.close());
beforeEach(() => {
  sandbox.faults.clear();
  sandbox.resetStats();
  sandbox.unlockUser();
});

describe('SessionKeeper', () => {
  it('signs in once for fifty calls that find the session ended', async () => {
    let opened = 0;
    const keeper = new SessionKeeper(async () => {
      opened += 1;
      await new Promise((resolve) => {
        setTimeout(resolve, 5);
      });
      return {
        origin: 'https://acme.my.salesforce.com',
        accessToken: `t${opened}`,
        organizationId: '00D',
      };
    }, NEVER);
    const { signal } = new AbortController();
    const first = await keeper.current(signal);
    const renewed = await Promise.all(
      Array.from({ length: 50 }, () => keeper.renew(first, signal)),
    );
    expect(new Set(renewed.map(({ accessToken }: Session) => accessToken))).toEqual(
      new Set(['t2']),
    );
    expect(await keeper.renew(first, signal)).toBe(renewed[0]);
    expect(opened).toBe(2);
  });

  it('renews the session with the current secrets, and stops after a rejected sign-in', async () => {
    const { connection, secrets } = soapOptions(sandbox);
    let password = sandbox.credentials.password;
    let expired = false;
    const run = extractFrom(sandbox, {
      connection: { ...connection, ...one },
      secrets: { ...secrets, password: () => password },
      onRecord: (record) => {
        if (expired || record.kind !== 'entity' || record.type !== 'databaseSchema') return;
        expired = true;
        password = 'rotated-away';
        sandbox.expireSessions();
      },
    });
    await expect(run).rejects.toMatchObject({ code: 'SALESFORCE_LOGIN_FAILED' });
    expect(sandbox.stats().calls['soap']).toBe(2);
  });

  it('renews a session that ends during a run once', async () => {
    let expired = false;
    const { records } = await extractFrom(sandbox, {
      onRecord: (record) => {
        if (expired || record.kind !== 'entity' || record.type !== 'databaseSchema') return;
        expired = true;
        sandbox.expireSessions();
      },
    });
    expect(tableNames(records)).toHaveLength(sandbox.org.list().length);
    expect(sandbox.stats().logins).toBe(2);
  });
});

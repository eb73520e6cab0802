import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../sandbox-org/src/sandbox.ts';
import {
  extractFrom,
  failuresOf,
  tableNamed,
  tableNames,
} from '../../../test/support/salesforce-run.ts';

let sandbox: Sandbox;
let names: string[];

beforeAll(async () => {
  sandbox = await startSandbox({ objects: 30 });
  names = sandbox.org
    .list()
    .map(({ name }) => name)
    .sort();
});
afterAll(() => sandbox.close());
beforeEach(() => {
  sandbox.faults.clear();
  sandbox.resetStats();
});

describe('an extraction continues after', () => {
  it('an object that is deleted before its describe, with a failure', async () => {
    sandbox.faults.install({ match: { object: 'Contact' }, effect: { kind: 'vanish' } });
    const { records } = await extractFrom(sandbox);
    expect(failuresOf(records)).toEqual([['Contact', 'SALESFORCE_NOT_FOUND']]);
    expect(tableNames(records).sort()).toEqual(names.filter((name) => name !== 'Contact'));
  });

  it('objects that the user cannot describe, with failures', async () => {
    sandbox.faults.install({
      match: { object: ['Contact', 'Account'] },
      effect: { kind: 'forbid' },
    });
    const { records } = await extractFrom(sandbox);
    expect(new Map(failuresOf(records))).toEqual(
      new Map([
        ['Account', 'SALESFORCE_FORBIDDEN'],
        ['Contact', 'SALESFORCE_FORBIDDEN'],
      ]),
    );
  });

  it('a session that expires within a composite', async () => {
    sandbox.faults.install({
      match: { object: ['Contact', 'Account'], times: 2 },
      effect: { kind: 'session-expired' },
    });
    const { records } = await extractFrom(sandbox);
    expect(failuresOf(records)).toEqual([]);
    expect(tableNames(records).sort()).toEqual(names);
  });

  it.each([
    ['repeated 503', { kind: 'unavailable' }],
    ['a maintenance page', { kind: 'maintenance' }],
    ['an answer that is not JSON', { kind: 'not-json' }],
    ['a truncated body', { kind: 'truncate', afterBytes: 100 }],
    ['a body that stalls', { kind: 'stall-body', afterBytes: 100 }],
    ['a connection that breaks', { kind: 'reset' }],
  ] as const)('%s, without a missing table', async (_name, effect) => {
    sandbox.faults.install({ match: { path: '/composite', times: 2 }, effect });
    const { records } = await extractFrom(sandbox);
    expect(failuresOf(records)).toEqual([]);
    expect(tableNames(records).sort()).toEqual(names);
  });

  it('an object whose describe always fails its call, with all other tables', async () => {
    sandbox.faults.install({
      match: { object: 'Contact' },
      effect: {
        kind: 'respond',
        status: 500,
        body: [{ errorCode: 'UNKNOWN_EXCEPTION', message: 'An unexpected error occurred.' }],
      },
    });
    const { records } = await extractFrom(sandbox, {
      connection: { sobjectNames: ['Account', 'Contact'] },
    });
    expect(failuresOf(records)).toEqual([['Contact', 'SALESFORCE_UNEXPECTED']]);
    expect(tableNames(records)).toEqual(['Account']);
  });

  it('a describe of 1.5 MB', async () => {
    sandbox.faults.install({
      match: { object: 'Account' },
      effect: { kind: 'huge-describe', bytes: 1_500_000 },
    });
    const { records } = await extractFrom(sandbox, { connection: { sobjectNames: ['Account'] } });
    expect(tableNames(records)).toEqual(['Account']);
  });

  it('a Tooling API that is not available, with a warning', async () => {
    sandbox.faults.install({
      match: { path: 'tooling' },
      effect: {
        kind: 'respond',
        status: 403,
        body: [{ errorCode: 'INSUFFICIENT_ACCESS', message: 'no' }],
      },
    });
    const { records, logs } = await extractFrom(sandbox);
    expect(tableNames(records).sort()).toEqual(names);
    expect(
      logs.filter(
        ({ level, message }) =>
          level === 'warn' && message.startsWith('descriptions are not available'),
      ),
    ).toHaveLength(1);
  });

  it('a clock that is an hour off', async () => {
    sandbox.faults.install({ effect: { kind: 'clock-offset', seconds: 3600 } });
    expect(tableNames((await extractFrom(sandbox)).records).sort()).toEqual(names);
  });
});

describe('an extraction ends with a typed error', () => {
  it('when the API calls are used up', async () => {
    sandbox.faults.install({
      match: { path: '/composite', nth: 2, onward: true },
      effect: { kind: 'limit-exceeded' },
    });
    await expect(extractFrom(sandbox)).rejects.toMatchObject({ code: 'SALESFORCE_LIMIT_REACHED' });
  });

  it('when the list of objects hangs', async () => {
    sandbox.faults.install({ match: { path: 'sobjects$' }, effect: { kind: 'stall-headers' } });
    await expect(
      extractFrom(sandbox, { tuning: { headersMs: 200, callMs: 300, tries: 2 } }),
    ).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
  });

  it('when an answer is a gzip bomb, without inflating it', async () => {
    sandbox.faults.install({
      match: { path: 'sobjects$' },
      effect: { kind: 'gzip-bomb', megabytes: 200 },
    });
    await expect(extractFrom(sandbox)).rejects.toMatchObject({ code: 'RESPONSE_TOO_LARGE' });
  });

  it('when the session is rejected repeatedly', async () => {
    sandbox.faults.install({ match: { path: 'sobjects$' }, effect: { kind: 'session-expired' } });
    await expect(extractFrom(sandbox)).rejects.toMatchObject({
      code: 'SALESFORCE_SESSION_EXPIRED',
    });
    expect(sandbox.stats().logins).toBe(2);
  });

  it('when it is aborted, with the reason of the signal', async () => {
    const stop = new AbortController();
    const run = extractFrom(sandbox, {
      signal: stop.signal,
      onRecord: () => stop.abort(new Error('enough')),
    });
    await expect(run).rejects.toMatchObject({ message: 'enough' });
  });
});

describe('labels', () => {
  const label = `"Quoted" 'x' <b>&amp; ::a>b \u{1F680} שלום ${'l'.repeat(200)}`;

  it('with quotes, markup and other scripts are unchanged', async () => {
    const help = '<p>Use <a href="https://x.example">this</a> & that</p>';
    sandbox.org.edit({
      kind: 'addField',
      object: 'Account',
      field: {
        name: 'Odd__c',
        type: 'string',
        label,
        length: 80,
        traits: { inlineHelpText: help },
      },
    });
    sandbox.org.edit({ kind: 'renameObject', object: 'Account', label });
    const { records } = await extractFrom(sandbox, { connection: { sobjectNames: ['Account'] } });
    const table = tableNamed(records, 'Account');
    expect(table.displayName).toBe(label);
    expect(table.columns.find(({ name }) => name === 'Odd__c')).toMatchObject({
      displayName: label,
      dataLength: 80,
    });
  });
});

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../../sandbox-org/src/sandbox.ts';
import { contextFor } from '../../../../test/support/connector-context.ts';
import {
  extractFrom,
  failuresOf,
  type SalesforceRun,
} from '../../../../test/support/salesforce-run.ts';
import { permittedJob } from './permitted-job.ts';

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ objects: 20 });
});
afterAll(() => sandbox.close());
afterEach(() => sandbox.faults.clear());

function withCode(codeText: boolean, includeDDL: boolean): Promise<SalesforceRun> {
  return extractFrom(sandbox, { sourceConfig: { includeDDL }, limits: { codeText } });
}

/** How many code records there are, and how many of them have source code. */
function textsOf({ records }: SalesforceRun): [pieces: number, texts: number] {
  const code = records
    .filter((record) => record.kind === 'entity')
    .filter(({ type }) => type === 'storedProcedure');
  return [
    code.length,
    code.filter(({ request }) => 'code' in (request['storedProcedureCode'] as object)).length,
  ];
}

function noticesOf({ logs }: SalesforceRun): string[] {
  return logs
    .filter(({ message }) => message.includes('local policy does not set'))
    .map(({ message }) => message);
}

describe('source code', () => {
  it('is read if requested and permitted', async () => {
    const run = await withCode(true, true);
    const [pieces, texts] = textsOf(run);
    expect([pieces > 5, texts > 5, noticesOf(run)]).toEqual([true, true, []]);
  });

  it('is not queried if the local policy denies it, and the log says so', async () => {
    const before = sandbox.stats().faultsFired;
    sandbox.faults.install({
      match: { path: 'Body|sobjects/Flow/' },
      effect: { kind: 'forbid' },
    });
    const denied = await withCode(false, true);
    expect(sandbox.stats().faultsFired).toBe(before);
    await withCode(true, true);
    expect(sandbox.stats().faultsFired).toBeGreaterThan(before);
    const [pieces, texts] = textsOf(denied);
    expect([pieces > 5, texts]).toEqual([true, 0]);
    expect(noticesOf(denied)).toEqual([expect.stringContaining('salesforce: {codeText: allow}')]);
    expect(failuresOf(denied.records)).toEqual([]);
  });

  it('is not mentioned in the log if not requested', async () => {
    const run = await withCode(false, false);
    expect([textsOf(run)[1], noticesOf(run)]).toEqual([0, []]);
  });
});

describe('profiles and business owners', () => {
  const sourceConfig = { includeOwners: true, profile: { maxApiCalls: 10 } };
  const rowCountsOf = ({ records }: SalesforceRun): string[] =>
    records
      .filter((record) => record.kind === 'profile')
      .filter(({ request }) => 'rowCount' in (request['tableProfile'] as object))
      .map(({ table }) => table)
      .toSorted();

  /**
   * A run with what the policy controls: profiles, owners, and how many matching queries it made.
   */
  async function extracted(
    limits: { profile: boolean; owners: boolean },
    query: string,
  ): Promise<{ run: SalesforceRun; queries: number; profiles: number; people: boolean }> {
    sandbox.faults.clear();
    const before = sandbox.stats().faultsFired;
    sandbox.faults.install({ match: { path: query }, effect: { kind: 'delay', ms: 0 } });
    const run = await extractFrom(sandbox, { sourceConfig, limits });
    const profiles = run.records
      .filter((record) => record.kind === 'profile')
      .filter(({ request }) => 'columnProfile' in request).length;
    return {
      run,
      queries: sandbox.stats().faultsFired - before,
      profiles,
      people: JSON.stringify(run.records).includes('"owners":'),
    };
  }

  it('are read if requested and permitted', async () => {
    const { run, profiles, people } = await extracted(
      { profile: true, owners: true },
      'COUNT_DISTINCT',
    );
    expect([profiles > 5, people, noticesOf(run)]).toEqual([true, true, []]);
  });

  it.each([
    [
      'profiles',
      { profile: false, owners: true },
      'COUNT_DISTINCT|GROUP(?:%20|\\+)BY',
      'salesforce: {profile: allow}',
    ],
    [
      'owners',
      { profile: true, owners: false },
      'FROM(?:%20|\\+)(?:User|Group)(?:%20|\\+)WHERE',
      'salesforce: {owners: allow}',
    ],
  ] as const)(
    '(%s) are not queried if the local policy denies them, and the log names the missing key',
    async (what, limits, query, key) => {
      const permitted = await extracted({ profile: true, owners: true }, query);
      const denied = await extracted(limits, query);
      expect([permitted.queries > 0, denied.queries]).toEqual([true, 0]);
      expect([denied.profiles > 0, denied.people]).toEqual([limits.profile, limits.owners]);
      expect(noticesOf(denied.run), what).toEqual([expect.stringContaining(key)]);
      expect(failuresOf(denied.run.records)).toEqual([]);
      expect(rowCountsOf(denied.run)).toEqual(rowCountsOf(permitted.run));
      expect(rowCountsOf(denied.run).length).toBeGreaterThan(10);
    },
  );
});

describe('numbers of rows', () => {
  it('are not read if the local policy denies them, and there are no profiles either', async () => {
    sandbox.faults.install({ match: { path: 'limits/recordCount' }, effect: { kind: 'forbid' } });
    const before = sandbox.stats().faultsFired;
    const limits = { counts: false, profile: true };
    const run = await extractFrom(sandbox, { sourceConfig: { profile: {} }, limits });
    expect(run.records.filter(({ kind }) => kind === 'profile')).toEqual([]);
    expect(sandbox.stats().faultsFired).toBe(before);
    expect(run.logs.map(({ message }) => message)).toContain(
      'row counts and profiles denied: "salesforce.counts" of the local policy',
    );
  });
});

describe('a permitted job', () => {
  it('lacks each option that the policy denies', () => {
    const config = {
      type: 'DatabaseMetadata',
      includeDDL: true,
      sampleRows: {},
      includeTags: false,
      includeOwners: true,
      profile: {},
    };
    const jobWith = (limits: object): unknown =>
      permittedJob(contextFor(sandbox, { connection: {}, sourceConfig: config, limits }).context)
        .workflow.source.sourceConfig.config;
    expect(jobWith({ codeText: true, sampleRows: true })).toEqual(config);
    const { includeDDL: _ddl, ...withoutCode } = config;
    expect(jobWith({ codeText: false, sampleRows: true })).toEqual(withoutCode);
    const { includeOwners: _owners, ...withoutOwners } = config;
    expect(jobWith({ sampleRows: true, owners: false })).toEqual(withoutOwners);
    const { profile: _profile, ...withoutProfile } = config;
    expect(jobWith({ sampleRows: true, profile: false })).toEqual(withoutProfile);
    expect(jobWith({ codeText: false, sampleRows: false, profile: false, owners: false })).toEqual({
      type: 'DatabaseMetadata',
      includeTags: false,
    });
  });
});

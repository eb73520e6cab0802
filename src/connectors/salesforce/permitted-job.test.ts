import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../sandbox-org/src/sandbox.ts';
import { contextFor } from '../../../test/support/connector-context.ts';
import { extractFrom, failuresOf, type SalesforceRun } from '../../../test/support/salesforce-run.ts';
import { permittedJob } from './permitted-job.ts';

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ objects: 60 });
});
afterAll(() => sandbox.close());
afterEach(() => sandbox.faults.clear());

function withCode(codeText: boolean, includeDDL: boolean): Promise<SalesforceRun> {
  return extractFrom(sandbox, { sourceConfig: { includeDDL }, limits: { codeText } });
}

/** How many pieces of code there are, and how many of them have a text. */
function textsOf({ records }: SalesforceRun): [pieces: number, texts: number] {
  const code = records.filter((record) => record.kind === 'entity').filter(({ type }) => type === 'storedProcedure');
  return [code.length, code.filter(({ request }) => 'code' in (request['storedProcedureCode'] as object)).length];
}

function noticesOf({ logs }: SalesforceRun): string[] {
  return logs.filter(({ message }) => message.includes('local policy does not say')).map(({ message }) => message);
}

describe('the text of code', () => {
  it('is read when it is asked for and permitted', async () => {
    const run = await withCode(true, true);
    const [pieces, texts] = textsOf(run);
    expect([pieces > 5, texts > 5, noticesOf(run)]).toEqual([true, true, []]);
  });

  it('is not even asked for when the local policy denies it: code comes without, and the run says so', async () => {
    const before = sandbox.stats().faultsFired;
    sandbox.faults.install({ match: { path: 'Body|SELECT(?:%20|\\+)Metadata(?:%20|\\+)FROM(?:%20|\\+)Flow' }, effect: { kind: 'forbid' } });
    const denied = await withCode(false, true);
    expect(sandbox.stats().faultsFired).toBe(before);
    await withCode(true, true);
    expect(sandbox.stats().faultsFired).toBeGreaterThan(before);
    const [pieces, texts] = textsOf(denied);
    expect([pieces > 5, texts]).toEqual([true, 0]);
    expect(noticesOf(denied)).toEqual([expect.stringContaining('salesforce: {codeText: allow}')]);
    expect(failuresOf(denied.records)).toEqual([]);
  });

  it('that nobody asks for is no cause for a word', async () => {
    const run = await withCode(false, false);
    expect([textsOf(run)[1], noticesOf(run)]).toEqual([0, []]);
  });
});

describe('a job as far as it is permitted', () => {
  it('is another one to a later run, so that a change of the policy shows at once', () => {
    const config = { type: 'DatabaseMetadata', includeDDL: true, sampleRows: {}, includeTags: false };
    const jobWith = (limits: object): unknown => permittedJob(contextFor(sandbox, { connection: {}, sourceConfig: config, limits }).context).workflow.source.sourceConfig.config;
    expect(jobWith({ codeText: true, sampleRows: true })).toEqual(config);
    expect(jobWith({ codeText: false, sampleRows: true })).toEqual({ type: 'DatabaseMetadata', sampleRows: {}, includeTags: false });
    expect(jobWith({ codeText: false, sampleRows: false })).toEqual({ type: 'DatabaseMetadata', includeTags: false });
  });
});

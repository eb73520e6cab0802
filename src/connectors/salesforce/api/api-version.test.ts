import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../../sandbox-org/src/sandbox.ts';
import { extractFrom, tableNames } from '../../../../test/support/salesforce-run.ts';

let sandbox: Sandbox;
const one = { sobjectNames: ['Account'] };

beforeAll(async () => {
  sandbox = await startSandbox({ objects: 30 });
});
afterAll(() => sandbox.close());

describe('chooseVersion', () => {
  it.each([
    ['25.0', 'retired'],
    ['99.0', 'offers API versions 31.0 to 68.0'],
  ])('rejects %s', async (salesforceApiVersion, text) => {
    await expect(
      extractFrom(sandbox, { connection: { ...one, salesforceApiVersion } }),
    ).rejects.toMatchObject({
      code: 'SALESFORCE_VERSION_UNSUPPORTED',
      message: expect.stringContaining(text) as string,
    });
  });

  it('accepts 42.0, the default of OpenMetadata’s schema', async () => {
    expect(
      tableNames(
        (await extractFrom(sandbox, { connection: { ...one, salesforceApiVersion: '42' } }))
          .records,
      ),
    ).toEqual(['Account']);
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../../sandbox-org/src/sandbox.ts';
import { extractFrom } from '../../../../test/support/salesforce-run.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ objects: 30 });
});
afterAll(() => sandbox.close());

describe('log of level debug', () => {
  it('has a line for every call, with its subject, status and time', async () => {
    const { logs, counts } = await extractFrom(sandbox, {
      connection: { sobjectNames: ['Account'] },
    });
    const calls = logs.filter(({ message }) => message === 'Salesforce call');
    // The list of versions is not charged.
    expect(calls).toHaveLength(counts.get('apiCalls')! + 1);
    for (const { level, data } of calls) {
      expect(level).toBe('debug');
      expect(data).toEqual({
        what: expect.stringMatching(/\w/) as string,
        method: expect.stringMatching(/^(?:GET|POST)$/) as string,
        status: 200,
        ms: expect.any(Number) as number,
      });
    }
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSandbox, type FaultRule, type Sandbox } from '../../../sandbox-org/src/sandbox.ts';
import { contextFor, type RecordedContext } from '../../../test/support/connector-context.ts';
import {
  extractFrom,
  failuresOf,
  soapOptions,
  tableNames,
  testConnectionOf,
} from '../../../test/support/salesforce-run.ts';
import type { Progress } from '../../../foundation/src/domain/progress.ts';
import type { Extracted } from '../connector.ts';
import { jobWork } from '../job-work.ts';
import { createSalesforceConnector } from './connector.ts';

/**
 * An org that is down during a run: its port is closed, or a server in front of it answers with
 * errors.
 */

let sandbox: Sandbox;
let names: string[];
const patient = { pauseMs: 20, patienceMs: 30_000, connectMs: 5000 };
const WAITING =
  /^waiting for Salesforce: (?:cannot be reached|closes connections|is overloaded or in maintenance), retry in \d+ s$/;

beforeAll(async () => {
  sandbox = await startSandbox({ objects: 40 });
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

/** Runs an extraction with a callback for each progress report. */
async function watch(
  onProgress: (at: Progress) => void,
  tuning: Parameters<typeof createSalesforceConnector>[0] = patient,
  signal = AbortSignal.timeout(240_000),
): Promise<RecordedContext & { readonly records: Extracted[] }> {
  const recorded = contextFor(sandbox, soapOptions(sandbox));
  const records: Extracted[] = [];
  const context = {
    ...recorded.context,
    report: (at: Progress) => {
      recorded.context.report(at);
      onProgress(at);
    },
  };
  const extract = jobWork(createSalesforceConnector(tuning), 'metadata');
  for await (const record of extract(context, signal)) records.push(record);
  return { ...recorded, records };
}

describe.each(['sign-in', 'catalog', 'describe', 'descriptions'])(
  'an org whose connections are refused in the phase %s',
  (phase) => {
    it('is waited for with a visible status and loses no table', async () => {
      let up: Promise<() => Promise<void>> | undefined;
      let waits = 0;
      const { records, progress } = await watch((at) => {
        if (at.phase === phase) up ??= sandbox.goDown();
        if (WAITING.test(at.phase) && (waits += 1) === 4) void up!.then((again) => again());
      });
      expect(waits).toBeGreaterThanOrEqual(4);
      expect(tableNames(records).sort()).toEqual(names);
      expect(failuresOf(records)).toEqual([]);
      expect(progress.at(-1)).toMatchObject({ phase: 'mapping' });
    });
  },
);

describe.each<[string, FaultRule['effect']]>([
  ['503', { kind: 'unavailable' }],
  ['a maintenance page', { kind: 'maintenance' }],
  ['429', { kind: 'respond', status: 429, body: '' }],
  ['502', { kind: 'respond', status: 502, body: '<html>' }],
])('an org that answers all calls with %s', (_what, effect) => {
  it('for some time costs a bounded number of calls and no table', async () => {
    let waits = 0;
    const { records } = await watch((at) => {
      if (at.phase === 'describe' && waits === 0) sandbox.faults.install({ effect });
      if (WAITING.test(at.phase) && (waits += 1) === 6) sandbox.faults.clear();
    });
    expect(waits).toBeGreaterThanOrEqual(6);
    expect(sandbox.stats().faultsFired).toBeLessThan(60);
    expect(tableNames(records).sort()).toEqual(names);
    expect(failuresOf(records)).toEqual([]);
  });

  it('permanently ends the run with a retryable error after a bounded number of calls', async () => {
    let down = false;
    const run = watch(
      (at) => {
        if (at.phase !== 'describe' || down) return;
        down = true;
        sandbox.faults.install({ effect });
      },
      { pauseMs: 5, patienceMs: 1000 },
    );
    await expect(run.then(() => 'success')).rejects.toMatchObject({
      code: 'SALESFORCE_BUSY',
      retryable: true,
    });
    expect(sandbox.stats().faultsFired).toBeLessThan(60);
  });
});

describe('an unreachable org', () => {
  it('ends the run with a retryable error', async () => {
    const up = await sandbox.goDown();
    try {
      await expect(watch(() => undefined, { pauseMs: 5, patienceMs: 500 })).rejects.toMatchObject({
        code: 'NETWORK_UNREACHABLE',
        retryable: true,
      });
    } finally {
      await up();
    }
  });

  it('does not delay the cancellation of a run', async () => {
    const stop = new AbortController();
    let up: Promise<() => Promise<void>> | undefined;
    let stopped = 0;
    const run = watch(
      (at) => {
        if (at.phase === 'describe') up ??= sandbox.goDown();
        if (!WAITING.test(at.phase) || stopped > 0) return;
        stopped = performance.now();
        stop.abort(new Error('canceled'));
      },
      { pauseMs: 600_000, patienceMs: 600_000 },
      stop.signal,
    );
    await expect(run).rejects.toMatchObject({ message: 'canceled' });
    expect(performance.now() - stopped).toBeLessThan(240_000);
    await (
      await up!
    )();
  });

  it('fails a connection test with a retryable error', async () => {
    const up = await sandbox.goDown();
    try {
      const steps = await testConnectionOf(sandbox);
      expect(steps).toMatchObject([
        { name: 'SignIn', passed: false, error: { code: 'NETWORK_UNREACHABLE', retryable: true } },
      ]);
    } finally {
      await up();
    }
  });
});

describe('an object whose describe always fails the call', () => {
  it('is one failure and not an outage', async () => {
    sandbox.faults.install({
      match: { object: 'Contact' },
      effect: {
        kind: 'respond',
        status: 503,
        body: [{ errorCode: 'SERVER_UNAVAILABLE', message: 'x' }],
      },
    });
    const { records, progress } = await extractFrom(sandbox, {
      connection: { sobjectNames: ['Account', 'Contact'] },
    });
    expect(failuresOf(records)).toEqual([['Contact', 'SALESFORCE_BUSY']]);
    expect(tableNames(records)).toEqual(['Account']);
    expect(progress.some(({ phase }) => WAITING.test(phase))).toBe(false);
  });
});

describe('the number of calls', () => {
  it('is reported from the first call on, before a slow org answers', async () => {
    sandbox.faults.install({
      match: { path: 'sobjects$', times: 1 },
      effect: { kind: 'delay', ms: 700 },
    });
    const seen: [number, number][] = [];
    await watch(({ apiCalls }) => void seen.push([apiCalls, sandbox.stats().apiCalls]));
    expect(seen.find(([shown]) => shown > 0)).toEqual([1, 0]);
    const shown = seen.map(([calls]) => calls);
    expect(shown.toSorted((a, b) => a - b)).toEqual(shown);
    expect(shown.at(-1)).toBe(sandbox.stats().apiCalls);
  });
});

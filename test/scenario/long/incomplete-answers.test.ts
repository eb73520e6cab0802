import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../sandbox-org/src/sandbox.ts';
import { InMemoryStateStore } from '../../support/in-memory-state-store.ts';
import {
  alter,
  completeTables,
  incompleteAnswers,
  NEEDED,
  ONE,
  OTHER,
  PAGE,
  READERS,
  RECORD,
  respond,
  WAVES,
  WAYS,
} from '../../support/incomplete-answers.ts';
import {
  extractFrom,
  failuresOf,
  tableNames,
  tablesOf,
  type RunOptions,
  type SalesforceRun,
} from '../../support/salesforce-run.ts';

let sandbox: Sandbox;
let options: RunOptions;
let whole: string[];
let warnings: string[];

beforeAll(async () => {
  sandbox = await startSandbox({ objects: 40 });
  const all = {
    sourceConfig: {
      includeOwners: true,
      includeDDL: true,
      profile: { maxApiCalls: 20 },
      sampleRows: { rows: 3, maxApiCalls: 6 },
    },
    limits: { sampleRows: true, codeText: true },
  };
  const names = completeTables(await extractFrom(sandbox, all));
  options = {
    ...all,
    sourceConfig: {
      ...all.sourceConfig,
      tableFilterPattern: { includes: names.map((name) => `${name}$`) },
    },
  };
  const run = await extractFrom(sandbox, options);
  whole = recordsOf(run);
  warnings = warningsOf(run);
});
afterAll(() => sandbox.close());
beforeEach(() => {
  sandbox.faults.clear();
  sandbox.resetStats();
});

function recordsOf({ records }: SalesforceRun): string[] {
  return records.map((record) => JSON.stringify(record).replaceAll(/"timestamp":\d+/g, '')).sort();
}

function warningsOf({ logs }: SalesforceRun): string[] {
  return logs.filter(({ level }) => level === 'warn').map(({ message }) => message);
}

describe('an incomplete answer, once,', () => {
  it.each(WAYS)(
    'is requested again by each reader, and nothing is missing (%i: %s)',
    async (way) => {
      const once = incompleteAnswers(Object.values(READERS), way, { times: 1 });
      sandbox.faults.install(...once);
      const run = await extractFrom(sandbox, options);
      expect(sandbox.stats().faultsFired).toBe(once.length);
      expect(recordsOf(run)).toEqual(whole);
      expect(warningsOf(run)).toEqual(warnings);
    },
  );
});

describe('an incomplete answer, each time,', () => {
  it.each(WAVES)(
    'is reported as a failure or in the log (readers of wave %i, way %i)',
    async (_wave, way, readers) => {
      const altered = readers.filter(({ answers }) => Object.keys(answers)[way] !== undefined);
      sandbox.faults.install(...incompleteAnswers(readers, way));
      const { records, logs } = await extractFrom(sandbox, options);
      const failures = altered.flatMap(({ end }) =>
        'failure' in end ? [[end.failure, 'SALESFORCE_UNEXPECTED']] : [],
      );
      expect(failuresOf(records)).toEqual(failures);
      for (const [name] of failures) expect(tableNames(records)).not.toContain(name);
      const messages = logs.map(({ message }) => message).join('\n');
      for (const { end } of altered) if ('log' in end) expect(messages).toContain(end.log);
    },
  );

  it.each(NEEDED)(
    'ends a run that requires it with a retryable error (%s: %s)',
    async (_reader, _answer, rule) => {
      sandbox.faults.install(rule);
      await expect(
        extractFrom(sandbox, { ...options, tuning: { tries: 3 } }).then(() => 'a success'),
      ).rejects.toMatchObject({ code: 'SALESFORCE_UNEXPECTED', retryable: true });
    },
  );
});

describe('an incomplete flow definition', () => {
  const flows: RunOptions = {
    sourceConfig: {
      includeDDL: true,
      tableFilterPattern: { includes: ['Account$', 'Contact$', 'Opportunity$', 'User$'] },
    },
  };

  it.each(Object.entries(RECORD))(
    '(%s) is requested again once, and logged if it stays incomplete',
    async (_what, effect) => {
      const undisturbed = recordsOf(await extractFrom(sandbox, flows));
      sandbox.faults.install({ match: { path: 'sobjects/Flow/', times: 1 }, effect });
      sandbox.resetStats();
      expect(recordsOf(await extractFrom(sandbox, flows))).toEqual(undisturbed);
      expect(sandbox.stats().faultsFired).toBe(1);
      sandbox.faults.install({ match: { path: 'sobjects/Flow/' }, effect });
      expect(warningsOf(await extractFrom(sandbox, flows))).toContain(
        'failed to read flow definitions',
      );
    },
  );
});

describe('a composite that lacks some of its parts', () => {
  it.each(['v[\\d.]+/composite$', 'tooling/composite$'])(
    '(%s), once, is requested again, and nothing is missing',
    async (path) => {
      sandbox.faults.install({
        match: { path, times: 1 },
        effect: alter({ halve: 'compositeResponse' }),
      });
      const run = await extractFrom(sandbox, options);
      expect(recordsOf(run)).toEqual(whole);
      expect(warningsOf(run)).toEqual(warnings);
    },
  );

  it.each([
    ['without its list', alter({ without: 'compositeResponse' })],
    ['with an empty list', alter({ set: { compositeResponse: [] } })],
    [
      'with parts that were not requested',
      respond({
        compositeResponse: [
          {
            body: { done: true, records: [] },
            httpHeaders: {},
            httpStatusCode: 200,
            referenceId: 'other',
          },
        ],
      }),
    ],
  ])('%s, each time, is a failure of each object', async (_what, effect) => {
    sandbox.faults.install({ match: { path: 'v[\\d.]+/composite$' }, effect });
    const run = extractFrom(sandbox, { ...options, tuning: { tries: 2 } });
    const ended = await run.then(
      ({ records }) => failuresOf(records).length,
      (error: unknown) => error,
    );
    expect(ended).not.toBe(0);
    if (typeof ended !== 'number') expect(ended).toMatchObject({ code: 'SALESFORCE_UNEXPECTED' });
  });
});

describe('a query answered in pages', () => {
  it('is read to its end, also for EntityDefinition', async () => {
    const at = '/services/data/v68.0/tooling/query/01g000000000000AAA-1';
    const { records: undisturbed } = await extractFrom(sandbox, options);
    const described = tablesOf(undisturbed).filter(
      ({ request }) => request['description'] !== undefined,
    );
    expect(described.length).toBeGreaterThan(0);
    const row = (name: string): object => ({
      QualifiedApiName: name,
      DurableId: name,
      Description: `About ${name}`,
    });
    sandbox.faults.install(
      {
        match: { path: 'FROM\\WEntityDefinition' },
        effect: respond({
          size: 1,
          totalSize: 2,
          done: false,
          nextRecordsUrl: at,
          records: [row(ONE)],
        }),
      },
      {
        match: { path: '01g000000000000AAA-1$' },
        effect: respond({ size: 1, totalSize: 2, done: true, records: [row(OTHER)] }),
      },
    );
    const { records } = await extractFrom(sandbox, options);
    const descriptions = Object.fromEntries(
      tablesOf(records).map(({ request }) => [request['name'], request['description']]),
    );
    expect([descriptions[ONE], descriptions[OTHER]]).toEqual([`About ${ONE}`, `About ${OTHER}`]);
  });
});

describe('an incremental run', () => {
  it.each(Object.entries(PAGE).slice(0, 3))(
    'reads everything if the answer about changes has %s',
    async (_what, effect) => {
      const incremental: RunOptions = { ...options, stateStore: new InMemoryStateStore() };
      await extractFrom(sandbox, incremental);
      sandbox.org.edit({
        kind: 'addField',
        object: OTHER,
        field: { name: `Added_${Math.random().toString(36).slice(2, 8)}__c`, type: 'string' },
      });
      sandbox.faults.install({ match: { path: 'LastModifiedDate' }, effect });
      const { records, logs } = await extractFrom(sandbox, incremental);
      expect(tableNames(records)).toContain(OTHER);
      expect(logs.map(({ message }) => message).join('\n')).toContain(
        'failed to determine what changed since the previous run; reading all objects',
      );
    },
  );
});

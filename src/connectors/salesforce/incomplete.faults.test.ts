import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSandbox, type FaultRule, type Sandbox } from '../../../sandbox-org/src/sandbox.ts';
import { ConnectorMemory } from '../../../test/support/connector-memory.ts';
import {
  extractFrom,
  failuresOf,
  tableNames,
  tablesOf,
  type RunOptions,
  type SalesforceRun,
} from '../../../test/support/salesforce-run.ts';
import type { CreateTable } from '../../openmetadata/entities.ts';
import type { TableProperties } from './mapping/table-properties.ts';

/** Every reader of Salesforce's answers, times the ways in which an answer can be well-formed and not whole. Those of the sign-in are in sign-in/verdicts.faults.test.ts. */

type Effect = FaultRule['effect'];

let sandbox: Sandbox;
let options: RunOptions;
let whole: string[];
let warnings: string[];

const alter = (more: Omit<Effect & { readonly kind: 'alter' }, 'kind'>): Effect => ({
  kind: 'alter',
  ...more,
});
const respond = (body: unknown, status = 200): Effect => ({ kind: 'respond', status, body });

const MORE = { done: false, nextRecordsUrl: '/services/data/v64.0/query/01g000000000000AAA-2000' };
const PAGE: Readonly<Record<string, Effect>> = {
  'half of its rows': alter({ halve: 'records', set: { totalSize: 4000 } }),
  'done: false and no next page': alter({ set: { done: false } }),
  'a next page that is gone': alter({ set: MORE }),
  'no rows': alter({ without: 'records' }),
  nothing: respond({}),
};

const [ONE, OTHER] = ['Facility__c', 'Vehicle__c'] as const;

interface Reader {
  readonly path: string;
  readonly answers: Readonly<Record<string, Effect>>;
  /** What comes of it where each answer is so. */
  readonly end: { readonly error: true } | { readonly failure: string } | { readonly log: string };
  /** Readers of one wave do not depend on what the others of it find. */
  readonly wave: number;
}

const LISTING: Readonly<Record<string, Effect>> = {
  nothing: respond({}),
  'no list': alter({ without: 'sobjects' }),
  'an empty list': alter({ set: { sobjects: [] } }),
  'null for a list': alter({ set: { sobjects: null } }),
  'done: false': alter({ set: { done: false } }),
  'a next page': alter({ set: MORE }),
  '304 to an unconditional question': { kind: 'respond', status: 304 },
};

const READERS: Readonly<Record<string, Reader>> = {
  'the list of API versions': {
    path: '/services/data/$',
    answers: { nothing: respond({}), 'an empty list': respond([]), null: respond(null) },
    wave: 0,
    end: { error: true },
  },
  'the limits': {
    path: 'limits$',
    answers: { nothing: respond({}), 'all but one': alter({ without: 'DailyApiRequests' }) },
    wave: 3,
    end: { log: 'The limits cannot be read' },
  },
  'the list of objects': { path: 'sobjects$', answers: LISTING, wave: 0, end: { error: true } },
  'a describe': {
    path: `${ONE}/describe$`,
    answers: {
      nothing: respond({}),
      'no fields': alter({ without: 'fields' }),
      'an empty list of fields': alter({ set: { fields: [] } }),
      'null for fields': alter({ set: { fields: null } }),
      'another object’s name': alter({ set: { name: OTHER } }),
      'done: false': alter({ set: { done: false } }),
      'a next page': alter({ set: MORE }),
      '304 to an unconditional question': { kind: 'respond', status: 304 },
    },
    wave: 3,
    end: { failure: ONE },
  },
  'descriptions of objects': {
    path: 'FROM\\WEntityDefinition',
    answers: PAGE,
    wave: 1,
    end: { log: 'failed to read some descriptions' },
  },
  'descriptions of fields': {
    path: 'SELECT\\WEntityDefinitionId.*FROM\\WFieldDefinition',
    answers: PAGE,
    wave: 2,
    end: { log: 'failed to read some descriptions' },
  },
  'validation rules': {
    path: 'FROM\\WValidationRule',
    answers: PAGE,
    wave: 3,
    end: { log: 'failed to read validation rules' },
  },
  triggers: {
    path: 'FROM\\WApexTrigger',
    answers: PAGE,
    wave: 3,
    end: { log: 'failed to read Apex triggers' },
  },
  classes: {
    path: 'FROM\\WApexClass',
    answers: PAGE,
    wave: 3,
    end: { log: 'failed to read Apex classes' },
  },
  flows: {
    path: 'FROM\\WFlowDefinitionView',
    answers: PAGE,
    wave: 2,
    end: { log: 'failed to read flows' },
  },
  'definitions of roll-ups': {
    path: 'SELECT\\WMetadata\\WFROM\\WCustomField',
    answers: PAGE,
    wave: 3,
    end: { log: 'roll-up summary definitions omitted' },
  },
  owners: {
    path: 'FROM\\WUser\\W',
    answers: PAGE,
    wave: 3,
    end: { log: 'failed to read some field owners' },
  },
  'record counts': {
    path: 'recordCount$',
    answers: {
      nothing: respond({}),
      'an empty list': respond({ sObjects: [] }),
      'done: false': alter({ set: { done: false } }),
      'a next page': alter({ set: MORE }),
    },
    wave: 2,
    end: { log: 'failed to read record counts' },
  },
  'classes of fields': {
    path: 'IsCalculated',
    answers: PAGE,
    wave: 2,
    end: { log: 'field classifications are not readable' },
  },
  'figures of a profile': {
    path: 'COUNT_DISTINCT',
    answers: PAGE,
    wave: 3,
    end: { log: 'failed to profile some tables' },
  },
  'sample rows': {
    path: 'LIMIT\\W3$',
    answers: PAGE,
    wave: 3,
    end: { log: 'sample rows skipped' },
  },
};

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
  const names = telling(await extractFrom(sandbox, all));
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

/** A few small tables that have all there is to be read of a table between them. */
function telling({ records }: SalesforceRun): string[] {
  const tables = tablesOf(records)
    .map(({ request, properties }) => ({
      name: String(request['name']),
      columns: (request as unknown as CreateTable).columns.length,
      properties: properties as unknown as TableProperties,
      text: JSON.stringify([request, properties]),
    }))
    .toSorted((a, b) => a.columns - b.columns);
  const withSome = [
    tables.find(({ text }) => text.includes('"rollUp"')),
    tables.find(({ text }) => text.includes('"owners"') || text.includes('"owner"')),
    tables.find(({ properties }) => properties.triggers !== undefined),
    tables.find(({ properties }) => properties.validationRules !== undefined),
  ];
  return [...new Set([ONE, OTHER, ...withSome.flatMap((table) => table?.name ?? [])])];
}

function recordsOf({ records }: SalesforceRun): string[] {
  return records.map((record) => JSON.stringify(record).replaceAll(/"timestamp":\d+/g, '')).sort();
}

function warningsOf({ logs }: SalesforceRun): string[] {
  return logs.filter(({ level }) => level === 'warn').map(({ message }) => message);
}

/** The rules that make the answers of these readers incomplete in the n-th of their ways. */
function rules(
  readers: readonly Reader[],
  way: number,
  match: FaultRule['match'] = {},
): FaultRule[] {
  return readers.flatMap(({ path, answers }) => {
    const effect = Object.values(answers)[way];
    return effect === undefined ? [] : [{ match: { ...match, path }, effect }];
  });
}

const WAYS_AT_MOST = Math.max(
  ...Object.values(READERS).map(({ answers }) => Object.keys(answers).length),
);
const WAYS = Array.from(
  { length: WAYS_AT_MOST },
  (_, way) =>
    [
      way,
      Object.entries(READERS)
        .flatMap(([reader, { answers }]) =>
          Object.keys(answers)[way] === undefined
            ? []
            : [`${reader}: ${Object.keys(answers)[way]}`],
        )
        .join('; '),
    ] as const,
);
const WAVES = [1, 2, 3].flatMap((wave) => {
  const readers = Object.values(READERS).filter((reader) => reader.wave === wave);
  return Array.from(
    { length: Math.max(...readers.map(({ answers }) => Object.keys(answers).length)) },
    (_, way) => [wave, way, readers] as const,
  );
});
const NEEDED = Object.entries(READERS)
  .filter(([, { end }]) => 'error' in end)
  .flatMap(([reader, { path, answers }]) =>
    Object.entries(answers).map(
      ([answer, effect]) => [reader, answer, { match: { path }, effect }] as const,
    ),
  );

describe('an answer that is not whole, once,', () => {
  it.each(WAYS)(
    'is asked for again by each reader, and nothing is missing (%i: %s)',
    async (way) => {
      const once = rules(Object.values(READERS), way, { times: 1 });
      sandbox.faults.install(...once);
      const run = await extractFrom(sandbox, options);
      expect(sandbox.stats().faultsFired).toBe(once.length);
      expect(recordsOf(run)).toEqual(whole);
      expect(warningsOf(run)).toEqual(warnings);
    },
  );
});

describe('an answer that is not whole, each time,', () => {
  it.each(WAVES)(
    'is never taken for a whole one in silence (readers of wave %i, way %i)',
    async (_wave, way, readers) => {
      const altered = readers.filter(({ answers }) => Object.keys(answers)[way] !== undefined);
      sandbox.faults.install(...rules(readers, way));
      const { records, logs } = await extractFrom(sandbox, options);
      const failures = altered.flatMap(({ end }) =>
        'failure' in end ? [[end.failure, 'SALESFORCE_UNEXPECTED']] : [],
      );
      expect(failuresOf(records)).toEqual(failures);
      for (const [name] of failures) expect(tableNames(records)).not.toContain(name);
      const said = logs.map(({ message }) => message).join('\n');
      for (const { end } of altered) if ('log' in end) expect(said).toContain(end.log);
    },
  );

  it.each(NEEDED)(
    'ends a run that cannot do without (%s: %s), with an error worth another try',
    async (_reader, _answer, rule) => {
      sandbox.faults.install(rule);
      await expect(
        extractFrom(sandbox, { ...options, tuning: { tries: 3 } }).then(() => 'a success'),
      ).rejects.toMatchObject({ code: 'SALESFORCE_UNEXPECTED', retryable: true });
    },
  );
});

describe('the text of flows that does not come whole', () => {
  const flows: RunOptions = {
    sourceConfig: {
      includeDDL: true,
      tableFilterPattern: { includes: ['Account$', 'Contact$', 'Opportunity$', 'User$'] },
    },
  };

  it.each(Object.entries(PAGE))(
    '(%s), once, is asked for again; each time, the run says so',
    async (_what, effect) => {
      const undisturbed = recordsOf(await extractFrom(sandbox, flows));
      sandbox.faults.install({ match: { path: 'FROM\\WFlow\\b', times: 1 }, effect });
      sandbox.resetStats();
      expect(recordsOf(await extractFrom(sandbox, flows))).toEqual(undisturbed);
      expect(sandbox.stats().faultsFired).toBe(1);
      sandbox.faults.install({ match: { path: 'FROM\\WFlow\\b' }, effect });
      expect(warningsOf(await extractFrom(sandbox, flows))).toContain(
        'failed to read flow definitions',
      );
    },
  );
});

describe('a composite without some of its parts', () => {
  it.each(['v[\\d.]+/composite$', 'tooling/composite$'])(
    '(%s), once, is asked for again, and nothing is missing',
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
      'with parts that nobody asked for',
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

describe('a query that the org answers page by page', () => {
  it('is read to its end, for tables of the catalogue too', async () => {
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

describe('a second run', () => {
  it.each(Object.entries(PAGE).slice(0, 3))(
    'that is told what changed with %s reads everything rather than to believe it',
    async (_what, effect) => {
      const remembering: RunOptions = { ...options, memory: new ConnectorMemory() };
      await extractFrom(sandbox, remembering);
      sandbox.org.edit({
        kind: 'addField',
        object: OTHER,
        field: { name: `Added_${Math.random().toString(36).slice(2, 8)}__c`, type: 'string' },
      });
      sandbox.faults.install({ match: { path: 'LastModifiedDate' }, effect });
      const { records, logs } = await extractFrom(sandbox, remembering);
      expect(tableNames(records)).toContain(OTHER);
      expect(logs.map(({ message }) => message).join('\n')).toContain(
        'failed to determine what changed since the previous run; reading all objects',
      );
    },
  );
});

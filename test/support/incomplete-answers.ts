import type { FaultRule } from '../../sandbox-org/src/sandbox.ts';
import type { TableProperties } from '../../src/connectors/salesforce/mapping/table-properties.ts';
import type { CreateTable } from '../../openmetadata/src/entities.ts';
import { tablesOf, type SalesforceRun } from './salesforce-run.ts';

/**
 * All readers of Salesforce's answers with the ways in which an answer can be well-formed and
 * incomplete. The answers of a sign-in are in sign-in/inconclusive.faults.test.ts.
 */

type Effect = FaultRule['effect'];

export function alter(more: Omit<Effect & { readonly kind: 'alter' }, 'kind'>): Effect {
  return { kind: 'alter', ...more };
}
export function respond(body: unknown, status = 200): Effect {
  return { kind: 'respond', status, body };
}

const MORE = { done: false, nextRecordsUrl: '/services/data/v64.0/query/01g000000000000AAA-2000' };
export const PAGE: Readonly<Record<string, Effect>> = {
  'half of its rows': alter({ halve: 'records', set: { totalSize: 4000 } }),
  'done: false and no next page': alter({ set: { done: false } }),
  'a next page that is gone': alter({ set: MORE }),
  'no rows': alter({ without: 'records' }),
  nothing: respond({}),
};

export const RECORD: Readonly<Record<string, Effect>> = {
  nothing: respond({}),
  'no metadata': alter({ without: 'Metadata' }),
  'another record’s id': alter({ set: { Id: '00N000000000000AAA' } }),
  'done: false': alter({ set: { done: false } }),
  'a next page': alter({ set: MORE }),
};

/** Two small objects of the sandbox org. */
export const ONE = 'Facility__c';
export const OTHER = 'Vehicle__c';

/** A reader of Salesforce's answers. */
export interface Reader {
  readonly path: string;
  readonly answers: Readonly<Record<string, Effect>>;
  /** The effect on a run in which every answer is incomplete. */
  readonly end: { readonly error: true } | { readonly failure: string } | { readonly log: string };
  /** Readers of one wave do not depend on each other's results. */
  readonly wave: number;
}

const LISTING: Readonly<Record<string, Effect>> = {
  nothing: respond({}),
  'no list': alter({ without: 'sobjects' }),
  'an empty list': alter({ set: { sobjects: [] } }),
  'null for a list': alter({ set: { sobjects: null } }),
  'done: false': alter({ set: { done: false } }),
  'a next page': alter({ set: MORE }),
  '304 to an unconditional request': { kind: 'respond', status: 304 },
};

export const READERS: Readonly<Record<string, Reader>> = {
  'the list of API versions': {
    path: '/services/data/$',
    answers: { nothing: respond({}), 'an empty list': respond([]), null: respond(null) },
    wave: 0,
    end: { error: true },
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
      '304 to an unconditional request': { kind: 'respond', status: 304 },
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
    path: 'sobjects/CustomField/',
    answers: RECORD,
    wave: 3,
    end: { log: 'roll-up summary definitions incomplete' },
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

/** Rules that make the answers of these readers incomplete, each in the `way`-th of its ways. */
export function incompleteAnswers(
  readers: readonly Reader[],
  way: number,
  match: FaultRule['match'] = {},
): FaultRule[] {
  return readers.flatMap(({ path, answers }) => {
    const effect = Object.values(answers)[way];
    return effect === undefined ? [] : [{ match: { ...match, path }, effect }];
  });
}

const MAX_WAYS = Math.max(
  ...Object.values(READERS).map(({ answers }) => Object.keys(answers).length),
);
export const WAYS = Array.from(
  { length: MAX_WAYS },
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
export const WAVES = [1, 2, 3].flatMap((wave) => {
  const readers = Object.values(READERS).filter((reader) => reader.wave === wave);
  return Array.from(
    { length: Math.max(...readers.map(({ answers }) => Object.keys(answers).length)) },
    (_, way) => [wave, way, readers] as const,
  );
});
export const NEEDED = Object.entries(READERS)
  .filter(([, { end }]) => 'error' in end)
  .flatMap(([reader, { path, answers }]) =>
    Object.entries(answers).map(
      ([answer, effect]) => [reader, answer, { match: { path }, effect }] as const,
    ),
  );

/** A few small tables that together have everything a table can have. */
export function completeTables({ records }: SalesforceRun): string[] {
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

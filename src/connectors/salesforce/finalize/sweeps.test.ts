import { describe, expect, it } from 'vitest';
import { isGone } from '../../../../openmetadata/src/sweep.ts';
import { readSourceOptions } from '../options/source-options.ts';
import { sweepRecords } from '../../sweep-records.ts';
import { sweepsOf } from './sweeps.ts';

const SCHEMA = 'crm.default.salesforce';
const existing = {
  databaseSchema: SCHEMA,
  tables: [`${SCHEMA}.Account`, `${SCHEMA}.Lead`],
  code: [`${SCHEMA}."A.cls"`],
  objectNames: undefined,
};
const optionsOf = (config: object) =>
  readSourceOptions({ ...config }, { service: 'crm', database: 'default', schema: 'salesforce' });
const sweeps = (config: object, more: Partial<Parameters<typeof sweepsOf>[0]> = {}) => [
  ...sweepsOf({ ...existing, ...more }, optionsOf(config)),
];

describe('sweeps', () => {
  it('cover tables and code by default, and neither if disabled', () => {
    expect(sweeps({})).toEqual([
      { kind: 'sweep', type: 'table', parent: SCHEMA, keep: existing.tables },
      { kind: 'sweep', type: 'storedProcedure', parent: SCHEMA, keep: existing.code },
    ]);
    expect(sweeps({ markDeletedTables: false, markDeletedStoredProcedures: false })).toEqual([]);
  });

  it('do not cover code if a listing is missing', () => {
    expect(sweeps({}, { code: undefined }).map(({ type }) => type)).toEqual(['table']);
  });

  it('cover other schemas and databases of the service on request', () => {
    expect(
      sweeps({
        markDeletedTables: false,
        markDeletedStoredProcedures: false,
        markDeletedSchemas: true,
        markDeletedDatabases: true,
      }),
    ).toEqual([
      { kind: 'sweep', type: 'databaseSchema', parent: 'crm.default', keep: [SCHEMA] },
      { kind: 'sweep', type: 'database', parent: 'crm', keep: ['crm.default'] },
    ]);
  });

  it('cover only filtered names with markDeletedTablesFromFilterOnly', () => {
    const among = (config: object, objectNames?: string[]) =>
      sweeps({ markDeletedTablesFromFilterOnly: true, ...config }, { objectNames })[0]?.among;
    expect(among({})).toBeUndefined();
    expect(among({ tableFilterPattern: { includes: ['A'], excludes: null } })).toEqual({
      includes: ['A'],
    });
    expect(
      among({ tableFilterPattern: { excludes: ['crm'] }, useFqnForFiltering: true }, ['Account']),
    ).toEqual({ excludes: ['crm'], qualified: true, names: ['Account'] });
    expect(sweeps({ tableFilterPattern: { includes: ['A'] } })[0]).not.toHaveProperty('among');
  });

  it('are split to fit one record each, and a lost part deletes nothing', () => {
    const names = Array.from(
      { length: 500 },
      (_, index) => `${SCHEMA}.Ü${String(index).padStart(4, '0')}__c`,
    ).toReversed();
    const parts = [
      ...sweepRecords({ type: 'table', parent: SCHEMA }, names, { includes: ['.*'] }, 4000),
    ];
    expect(parts.length).toBeGreaterThan(3);
    expect(parts.flatMap(({ keep }) => keep)).toEqual(names.toSorted());
    for (const part of parts)
      expect(Buffer.byteLength(JSON.stringify(part.keep))).toBeLessThanOrEqual(4000);
    const lost = [`${SCHEMA}.A`, `${SCHEMA}.Ü0123_was`, `${SCHEMA}.Ü0499_was`, `${SCHEMA}.ÜZ`];
    const goneBy = (some: typeof parts): string[] =>
      [...names, ...lost].filter((name) => some.some((part) => isGone(part)(name)));
    expect(goneBy(parts)).toEqual(lost);
    for (const missing of parts)
      expect(lost).toEqual(
        expect.arrayContaining(goneBy(parts.filter((part) => part !== missing))),
      );
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toLongId } from '../src/org/ids.ts';
import { startSandbox, type Sandbox } from '../src/sandbox.ts';
import { apiOf, queryPath, type JsonReply } from './client.ts';

let sandbox: Sandbox;
let api: (path: string) => Promise<JsonReply>;

beforeAll(async () => {
  sandbox = await startSandbox({ objects: 200 });
  api = await apiOf(sandbox);
});
afterAll(() => sandbox.close());

interface Result {
  readonly records: readonly Readonly<Record<string, unknown>>[];
}

const tooling = async (soql: string): Promise<Result> =>
  (await api(queryPath(soql, '/tooling'))).json<Result>();

describe('filters of the catalog', () => {
  it.each([
    ['FieldDefinition', 'SELECT QualifiedApiName FROM FieldDefinition'],
    ['EntityParticle', "SELECT QualifiedApiName FROM EntityParticle WHERE Label = 'x'"],
  ])('rejects a query for %s that names no entity', async (table, soql) => {
    const reply = await api(queryPath(soql, '/tooling'));
    const message = `${table}: a filter on a reified column is required [EntityDefinitionId,DurableId]`;
    expect([reply.status, reply.json()]).toEqual([
      400,
      [{ errorCode: 'MALFORMED_QUERY', message }],
    ]);
  });

  it('filters by the date of the last change', async () => {
    const by = (date: string): string =>
      `SELECT QualifiedApiName FROM FieldDefinition WHERE EntityDefinitionId = 'Account' AND LastModifiedDate >= ${date}`;
    const { records } = await tooling(by('2000-01-01T00:00:00Z'));
    expect(records.length).toBeGreaterThan(0);
    expect(records.filter((row) => !String(row['QualifiedApiName']).endsWith('__c'))).toEqual([]);
    expect((await tooling(by('2100-01-01T00:00:00Z'))).records).toEqual([]);
  });

  it('finds names and ids of a long list without case, and ids in either length', async () => {
    const others = Array.from({ length: 30 }, (_, index) => `'Other${index}'`);
    const { records } = await tooling(
      "SELECT DurableId FROM EntityDefinition WHERE DurableId LIKE '01I%' LIMIT 1",
    );
    const custom = String(records[0]?.['DurableId']);
    const wanted = [...others, "'aCCOUNT'", `'${toLongId(custom)}'`].join(', ');
    const found = await tooling(
      `SELECT DurableId FROM EntityDefinition WHERE DurableId IN (${wanted})`,
    );
    expect(new Set(found.records.map((row) => row['DurableId']))).toEqual(
      new Set(['Account', custom]),
    );
  });
});

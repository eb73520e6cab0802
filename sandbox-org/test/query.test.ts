import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../src/sandbox.ts';
import { apiOf, queryPath, type JsonReply, type TestCall } from './client.ts';

let sandbox: Sandbox;
let api: (path: string, more?: Partial<TestCall>) => Promise<JsonReply>;

beforeAll(async () => {
  sandbox = await startSandbox({ objects: 200 });
  api = await apiOf(sandbox);
});
afterAll(() => sandbox.close());

interface Result {
  totalSize: number;
  done: boolean;
  size?: number;
  queryLocator?: string | null;
  nextRecordsUrl?: string;
  entityTypeName?: string;
  records: Record<string, unknown>[];
}

const query = async (soql: string): Promise<Result> => (await api(queryPath(soql))).json<Result>();
const tooling = async (soql: string): Promise<Result> =>
  (await api(queryPath(soql, '/tooling'))).json<Result>();

async function refusal(soql: string, prefix = ''): Promise<[number, string, string]> {
  const reply = await api(queryPath(soql, prefix));
  const [error] = reply.json<{ errorCode: string; message: string }[]>();
  return [reply.status, error?.errorCode ?? '', error?.message ?? ''];
}

describe('records', () => {
  it('are counted again after an edit', async () => {
    const soql = 'SELECT COUNT(Counted__c) filled, MIN(Counted__c) least FROM Account';
    const plant = async (content: string): Promise<unknown> => {
      sandbox.org.edit({
        kind: 'addField',
        object: 'Account',
        field: { name: 'Counted__c', type: 'string', content },
      });
      const [first, again] = [await query(soql), await query(soql)];
      expect(again.records).toEqual(first.records);
      sandbox.org.edit({ kind: 'removeField', object: 'Account', field: 'Counted__c' });
      return first.records[0]?.['least'];
    };
    expect([await plant('one'), await plant('two')]).toEqual(['one', 'two']);
  });

  it('hold the value and the classification that an edit set', async () => {
    sandbox.org.edit({
      kind: 'addField',
      object: 'Account',
      field: {
        name: 'Planted__c',
        type: 'string',
        content: 'The same',
        governance: { complianceGroup: 'PII' },
      },
    });
    expect((await query('SELECT Planted__c FROM Account LIMIT 2')).records).toMatchObject([
      { Planted__c: 'The same' },
      { Planted__c: 'The same' },
    ]);
    expect(
      (
        await tooling(
          "SELECT ComplianceGroup, SecurityClassification FROM FieldDefinition WHERE EntityDefinitionId = 'Account' AND QualifiedApiName = 'Planted__c'",
        )
      ).records,
    ).toMatchObject([{ ComplianceGroup: 'PII', SecurityClassification: null }]);
    sandbox.org.edit({ kind: 'removeField', object: 'Account', field: 'Planted__c' });
  });

  it('are cut to the length of their field without splitting a surrogate pair', async () => {
    for (let length = 8; length < 24; length++)
      sandbox.org.edit({
        kind: 'addField',
        object: 'Account',
        field: { name: `Cut_${length}__c`, type: 'string', label: '🚀🚀🚀🚀🚀🚀', length },
      });
    const { records } = await query('SELECT FIELDS(CUSTOM) FROM Account LIMIT 20');
    const texts = records.flatMap((record) =>
      Object.entries(record)
        .filter(([name]) => name.startsWith('Cut_'))
        .map(([, text]) => String(text)),
    );
    expect(texts.some((text) => text.includes('🚀'))).toBe(true);
    expect(texts.filter((text) => !text.isWellFormed())).toEqual([]);
    for (let length = 8; length < 24; length++)
      sandbox.org.edit({ kind: 'removeField', object: 'Account', field: `Cut_${length}__c` });
  });

  it('filters, sorts and limits', async () => {
    const { records } = await query(
      "SELECT Id, Name, Type FROM Account WHERE Type IN ('Prospect','Other') AND NOT Name LIKE 'G%' ORDER BY Name DESC LIMIT 5",
    );
    const names = records.map(({ Name }) => String(Name));
    expect(records).toHaveLength(5);
    expect(records.every(({ Type }) => Type === 'Prospect' || Type === 'Other')).toBe(true);
    expect(names).toEqual([...names].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? 1 : -1)));
  });

  it('binds AND before OR and respects parentheses', async () => {
    const count = async (where: string): Promise<number> =>
      (await query(`SELECT COUNT() FROM Account WHERE ${where}`)).totalSize;
    const [a, b] = ["Type = 'Prospect'", "Rating = 'Hot'"];
    const all = (await query('SELECT COUNT() FROM Account')).totalSize;
    expect(await count(`${a} OR ${b}`)).toBe(
      (await count(a)) + (await count(b)) - (await count(`${a} AND ${b}`)),
    );
    expect(await count(`NOT (${a} OR ${b})`)).toBe(all - (await count(`${a} OR ${b}`)));
    expect(await count(`Type != null AND (${a} OR ${b})`)).toBe(
      await count(`(${a} OR ${b}) AND NOT Type = null`),
    );
  });

  it('compares times and numbers', async () => {
    const { records } = await query(
      'SELECT CreatedDate, NumberOfEmployees FROM Account WHERE CreatedDate > 2022-01-01T00:00:00Z AND NumberOfEmployees >= 500000 LIMIT 20',
    );
    expect(records.length).toBeGreaterThan(0);
    expect(
      records.every(
        (record) =>
          Date.parse(String(record['CreatedDate'])) > Date.UTC(2022, 0) &&
          Number(record['NumberOfEmployees']) >= 500_000,
      ),
    ).toBe(true);
  });

  it('follows relationships to parents', async () => {
    const [record] = (
      await query(
        'SELECT Id, Owner.Name, Parent.Owner.Email FROM Account WHERE ParentId != null LIMIT 1',
      )
    ).records;
    expect(record).toMatchObject({
      Owner: { attributes: { type: 'User' }, Name: expect.any(String) as string },
      Parent: { Owner: { attributes: { type: 'User' } } },
    });
  });

  it('finds a record by its id in both lengths', async () => {
    const [first] = (await query('SELECT Id FROM Contact LIMIT 1')).records;
    const id = String(first?.['Id']);
    expect((await query(`SELECT Id FROM Contact WHERE Id = '${id.slice(0, 15)}'`)).totalSize).toBe(
      1,
    );
    expect((await api(`/sobjects/Contact/${id}?fields=Id,Email`)).json()).toMatchObject({
      attributes: { type: 'Contact' },
      Id: id,
    });
  });

  it('pages by locator with the requested batch size', async () => {
    const first = (
      await api(queryPath('SELECT Id FROM Account'), {
        headers: { 'Sforce-Query-Options': 'batchSize=500' },
      })
    ).json<Result>();
    expect([first.done, first.records.length]).toEqual([false, 500]);
    const seen = first.records.map(({ Id }) => Id);
    for (let next = first.nextRecordsUrl; next;) {
      const page: Result = (await api('', { path: next })).json<Result>();
      seen.push(...page.records.map(({ Id }) => Id));
      next = page.nextRecordsUrl;
    }
    expect(new Set(seen).size).toBe(first.totalSize);
  });

  it('rejects unknown locators', async () => {
    const reply = await api('/query/01gNOPE-2000');
    expect([reply.status, reply.json<{ errorCode: string }[]>()[0]?.errorCode]).toEqual([
      400,
      'INVALID_QUERY_LOCATOR',
    ]);
  });

  it('groups and totals', async () => {
    const { records } = await query(
      'SELECT Type, COUNT(Id) n, MAX(NumberOfEmployees) FROM Account GROUP BY Type',
    );
    const total = records.reduce((sum, { n }) => sum + Number(n), 0);
    expect(total).toBe((await query('SELECT COUNT() FROM Account')).totalSize);
    expect(records[0]).toMatchObject({
      attributes: { type: 'AggregateResult' },
      expr0: expect.any(Number) as number,
    });
  });

  it('returns its organization and user', async () => {
    expect(
      (await query('SELECT Id, IsSandbox, OrganizationType FROM Organization')).records,
    ).toMatchObject([
      {
        Id: expect.stringContaining(sandbox.organizationId) as string,
        IsSandbox: false,
        OrganizationType: 'Enterprise Edition',
      },
    ]);
    expect(
      (await query(`SELECT Id FROM User WHERE Username = '${sandbox.credentials.username}'`))
        .totalSize,
    ).toBe(1);
  });

  it.each([
    ['SELECT FROM Account', 'MALFORMED_QUERY', "unexpected token: 'FROM'"],
    ['SELECT Id, Nope FROM Account', 'INVALID_FIELD', "No such column 'Nope' on entity 'Account'"],
    [
      'SELECT Nope.Name FROM Account',
      'INVALID_FIELD',
      "Didn't understand relationship 'Nope' in field path",
    ],
    ['SELECT Id FROM XYZZY', 'INVALID_TYPE', "sObject type 'XYZZY' is not supported"],
    ['SELECT FIELDS(ALL) FROM Account', 'MALFORMED_QUERY', 'must have a LIMIT'],
  ])('rejects %s with %s', async (soql, code, text) => {
    const [status, errorCode, message] = await refusal(soql);
    expect([status, errorCode]).toEqual([400, code]);
    expect(message).toContain(text);
  });

  it('points to the invalid word', async () => {
    expect((await refusal('SELECT Id FROM XYZZY'))[2]).toMatch(
      /^\nSELECT Id FROM XYZZY\n {15}\^\nERROR at Row:1:Column:16\n/,
    );
  });

  it('rejects queries of events', async () => {
    const event = sandbox.org.list().find(({ kind }) => kind === 'event')?.name ?? '';
    expect((await refusal(`SELECT Id FROM ${event}`))[1]).toBe('INVALID_TYPE');
  });
});

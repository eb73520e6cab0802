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

describe('the catalog', () => {
  const NOT_YET =
    'The requested operation is not yet supported by this SObject storage type, contact salesforce.com support for more information.';

  it.each([
    ['SELECT COUNT() FROM EntityDefinition', NOT_YET],
    [
      'SELECT IsCustomSetting, COUNT(DurableId) FROM EntityDefinition GROUP BY IsCustomSetting',
      NOT_YET,
    ],
    [
      'SELECT DurableId FROM EntityDefinition WHERE IsCustomSetting != true',
      'Only equals comparisons permitted',
    ],
    [
      "SELECT DurableId FROM EntityDefinition WHERE Label = 'a' OR Label = 'b'",
      'Disjunctions not supported',
    ],
    [
      "SELECT DurableId FROM EntityDefinition WHERE Label INCLUDES ('a')",
      'Unsupported filter type',
    ],
  ])('rejects %s', async (soql, text) => {
    expect(await refusal(soql, '/tooling')).toEqual([
      400,
      'EXTERNAL_OBJECT_UNSUPPORTED_EXCEPTION',
      text,
    ]);
  });

  it('lists objects with data missing from describe, in the Tooling envelope', async () => {
    const result = await tooling(
      "SELECT QualifiedApiName, DurableId, Publisher.Name, InternalSharingModel FROM EntityDefinition WHERE QualifiedApiName LIKE 'fldops\\_\\_%' LIMIT 3",
    );
    expect(result).toMatchObject({
      size: 3,
      totalSize: 3,
      done: true,
      queryLocator: null,
      entityTypeName: 'EntityDefinition',
    });
    expect(result.records[0]).toMatchObject({
      DurableId: expect.stringMatching(/^01I\w{12}$/) as string,
      Publisher: { Name: 'Field Operations Suite' },
    });
  });

  it('reads fields of entities named by API name or by durable id', async () => {
    const name = sandbox.org.list().find(({ kind }) => kind === 'custom')?.name ?? '';
    const [entity] = (
      await tooling(`SELECT DurableId FROM EntityDefinition WHERE QualifiedApiName = '${name}'`)
    ).records;
    const byName = await tooling(
      `SELECT QualifiedApiName FROM FieldDefinition WHERE EntityDefinition.QualifiedApiName IN ('${name}')`,
    );
    const byId = await tooling(
      `SELECT QualifiedApiName FROM FieldDefinition WHERE EntityDefinitionId = '${String(entity?.['DurableId'])}'`,
    );
    expect(byName.totalSize).toBeGreaterThan(5);
    expect(byId.records.map(({ QualifiedApiName }) => QualifiedApiName)).toEqual(
      byName.records.map(({ QualifiedApiName }) => QualifiedApiName),
    );
  });

  it('shows compounds as fields and their parts as particles', async () => {
    const fields = (
      await tooling(
        "SELECT QualifiedApiName FROM FieldDefinition WHERE EntityDefinitionId = 'Account'",
      )
    ).records.map(({ QualifiedApiName }) => QualifiedApiName);
    const particles = (
      await tooling(
        "SELECT QualifiedApiName FROM EntityParticle WHERE EntityDefinitionId = 'Account'",
      )
    ).records.map(({ QualifiedApiName }) => QualifiedApiName);
    expect(fields).toContain('BillingAddress');
    expect(fields).not.toContain('BillingCity');
    expect(particles).toContain('BillingCity');
    expect(particles).not.toContain('BillingAddress');
  });

  it('classifies some fields', async () => {
    const { records } = await tooling(
      "SELECT QualifiedApiName, ComplianceGroup, SecurityClassification, BusinessOwnerId, BusinessStatus FROM FieldDefinition WHERE EntityDefinitionId IN ('Account','Contact','Lead')",
    );
    for (const column of [
      'ComplianceGroup',
      'SecurityClassification',
      'BusinessOwnerId',
      'BusinessStatus',
    ]) {
      const set = records.filter((record) => record[column] !== null).length;
      expect(set, column).toBeGreaterThan(0);
      expect(set, column).toBeLessThan(records.length);
    }
  });

  it('does not page', async () => {
    const big = sandbox.org
      .list()
      .map(({ name }) => name)
      .slice(0, 120);
    expect(
      (
        await refusal(
          `SELECT QualifiedApiName FROM FieldDefinition WHERE EntityDefinitionId IN ('${big.join("','")}')`,
          '/tooling',
        )
      ).slice(0, 2),
    ).toEqual([400, 'EXCEEDED_ID_LIMIT']);
    expect(
      (
        await tooling(
          `SELECT QualifiedApiName FROM FieldDefinition WHERE EntityDefinitionId IN ('${big.join("','")}') LIMIT 2000`,
        )
      ).totalSize,
    ).toBe(2000);
  });

  it('returns the same rows through the data API', async () => {
    expect(
      (
        await query(
          "SELECT QualifiedApiName FROM EntityDefinition WHERE QualifiedApiName = 'Account'",
        )
      ).records,
    ).toHaveLength(1);
  });
});

describe('setup tables', () => {
  it('returns every custom field once, over pages', async () => {
    const custom = sandbox.org
      .list()
      .filter(({ parent }) => parent === null)
      .flatMap(({ name }) => sandbox.org.fields(name))
      .filter(({ traits }) => traits.custom);
    const first = await tooling(
      'SELECT Id, DeveloperName, TableEnumOrId, Description, LastModifiedDate FROM CustomField',
    );
    expect([first.totalSize, first.done, first.records.length]).toEqual([
      custom.length,
      false,
      2000,
    ]);
  });

  it('returns Metadata for queries of one record', async () => {
    const [field] = (await tooling('SELECT Id FROM CustomField LIMIT 1')).records;
    expect(
      (await tooling(`SELECT Metadata FROM CustomField WHERE Id = '${String(field?.['Id'])}'`))
        .records[0],
    ).toMatchObject({ Metadata: { label: expect.any(String) as string } });
    expect((await refusal('SELECT Metadata FROM CustomField LIMIT 2', '/tooling'))[2]).toMatch(
      /no more than one row for retrieval\. Result size: 2$/,
    );
  });

  it.each(['CustomField', 'Flow'])('returns a %s by its id, with Metadata', async (table) => {
    const [row] = (await tooling(`SELECT Id FROM ${table} LIMIT 1`)).records;
    const path = `/tooling/sobjects/${table}/`;
    const record = await api(`${path}${String(row?.['Id'])}`);
    expect(record.json()).toMatchObject({
      attributes: { type: table },
      Id: row?.['Id'],
      Metadata: { label: expect.any(String) as string },
    });
    expect((await api(`${path}000000000000000AAA`)).status).toBe(404);
  });

  it.each(['CustomObject', 'ValidationRule', 'ApexTrigger', 'ApexClass', 'Flow', 'RecordType'])(
    'has %s rows',
    async (table) => {
      expect((await tooling(`SELECT Id FROM ${table}`)).totalSize).toBeGreaterThan(0);
    },
  );

  it('has FlowDefinitionView only in the data API', async () => {
    expect(
      (await query('SELECT DurableId, ApiName FROM FlowDefinitionView')).totalSize,
    ).toBeGreaterThan(0);
    expect(
      (await refusal('SELECT DurableId FROM FlowDefinitionView', '/tooling')).slice(0, 2),
    ).toEqual([400, 'INVALID_TYPE']);
  });

  it('returns the author through a relationship', async () => {
    expect(
      (await tooling('SELECT Id, CreatedBy.Username FROM CustomObject LIMIT 1')).records[0],
    ).toMatchObject({ CreatedBy: { Username: sandbox.credentials.username } });
  });
});

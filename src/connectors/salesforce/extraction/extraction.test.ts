import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../../sandbox-org/src/sandbox.ts';
import {
  CREATE_REQUEST_SCHEMAS,
  openMetadataSchemasPresent,
  openMetadataValidator,
} from '../../../../test/support/openmetadata-schemas.ts';
import {
  extractFrom,
  failuresOf,
  tableNamed,
  tablesOf,
  type SalesforceRun,
} from '../../../../test/support/salesforce-run.ts';
import type { Column } from '../../../../openmetadata/src/columns.ts';

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ objects: 120 });
});
afterAll(() => sandbox.close());
beforeEach(() => {
  sandbox.faults.clear();
  sandbox.resetStats();
  sandbox.unlockUser();
});

function flat(columns: readonly Column[]): Column[] {
  return columns.flatMap((column) => [column, ...flat(column.children ?? [])]);
}

describe('an extraction', () => {
  let run: SalesforceRun;
  let stats: ReturnType<Sandbox['stats']>;
  beforeAll(async () => {
    sandbox.resetStats();
    run = await extractFrom(sandbox);
    stats = sandbox.stats();
  });

  it('yields service, database and schema, then a table for every object', () => {
    const entities = run.records.filter((record) => record.kind === 'entity');
    expect(entities.slice(0, 3).map(({ fqn }) => fqn)).toEqual([
      'sandbox',
      'sandbox.default',
      'sandbox.default.salesforce',
    ]);
    expect(
      tablesOf(run.records)
        .map(({ fqn }) => fqn)
        .sort(),
    ).toEqual(
      sandbox.org
        .list()
        .map(({ name }) => `sandbox.default.salesforce.${name}`)
        .sort(),
    );
    expect(failuresOf(run.records)).toEqual([]);
  });

  it('describes the service with the address of its org', () => {
    expect(run.records.find((record) => record.kind === 'entity')).toMatchObject({
      type: 'databaseService',
      request: {
        name: 'sandbox',
        description:
          'Salesforce org at [https://acme.my.salesforce.com](https://acme.my.salesforce.com)',
      },
    });
  });

  it('yields nothing of the connection', () => {
    const text = JSON.stringify(run.records);
    const { username, password, securityToken } = sandbox.credentials;
    expect(
      [username, password, securityToken, ...run.protectedValues].filter((value) =>
        text.includes(value),
      ),
    ).toEqual([]);
  });

  it('maps every field type', () => {
    const columns = tablesOf(run.records).flatMap(({ request }) =>
      flat(request['columns'] as Column[]),
    );
    expect(new Set(columns.map(({ dataType }) => dataType))).not.toContain('UNKNOWN');
    expect(
      new Set(columns.map(({ dataTypeDisplay }) => dataTypeDisplay!.replace(/\(.*/, ''))).size,
    ).toBeGreaterThanOrEqual(20);
  });

  it('yields primary keys, foreign keys to objects of the run, labels and descriptions', () => {
    const contact = tableNamed(run.records, 'Contact');
    expect(contact.displayName).toBe('Contact');
    expect(contact.columns.find(({ name }) => name === 'Id')).toMatchObject({
      dataType: 'VARCHAR',
      dataLength: 18,
      constraint: 'PRIMARY_KEY',
    });
    expect(contact.tableConstraints).toContainEqual({
      constraintType: 'FOREIGN_KEY',
      columns: ['AccountId'],
      referredColumns: ['sandbox.default.salesforce.Account.Id'],
      relationshipType: 'MANY_TO_ONE',
    });
    expect(contact.sourceUrl).toBe('https://acme.my.salesforce.com/lightning/o/Contact/list');
    const descriptions = tablesOf(run.records).filter(
      ({ request }) => request['description'] !== undefined,
    );
    expect(descriptions.length).toBeGreaterThan(0);
  });

  it.runIf(openMetadataSchemasPresent)('matches OpenMetadata’s schemas', () => {
    for (const record of run.records) {
      if (record.kind !== 'entity' || record.type === 'storedProcedure') continue;
      const validate = openMetadataValidator(CREATE_REQUEST_SCHEMAS[record.type]);
      expect(validate(record.request), `${record.fqn}: ${JSON.stringify(validate.errors)}`).toBe(
        true,
      );
    }
  });

  it('counts objects, and API calls as the org does', () => {
    expect(run.counts.get('objects')).toBe(sandbox.org.list().length);
    expect(run.counts.get('apiCalls')).toBe(stats.apiCalls);
    expect(stats.apiCalls).toBeLessThan(25);
  });

  it('reports its progress', () => {
    expect(run.progress.map(({ phase }) => phase)).toEqual(
      expect.arrayContaining(['sign-in', 'catalog', 'describe', 'descriptions', 'mapping']),
    );
    expect(run.progress.at(-1)).toMatchObject({
      phase: 'mapping',
      done: sandbox.org.list().length,
    });
  });
});

describe('names', () => {
  it('are those of OpenMetadata’s connector, with the configured service and database', async () => {
    const { records } = await extractFrom(sandbox, {
      serviceName: 'sales.force',
      connection: { databaseName: 'crm', sobjectNames: ['Account'] },
    });
    expect(
      records
        .filter((record) => record.kind === 'entity')
        .filter(({ type }) => type !== 'storedProcedure')
        .map(({ fqn }) => fqn),
    ).toEqual([
      '"sales.force"',
      '"sales.force".crm',
      '"sales.force".crm.salesforce',
      '"sales.force".crm.salesforce.Account',
    ]);
    expect(tableNamed(records, 'Account').databaseSchema).toBe('"sales.force".crm.salesforce');
  });
});

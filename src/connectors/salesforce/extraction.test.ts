import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../sandbox-org/src/sandbox.ts';
import { contextFor, type ContextOptions, type RecordedContext } from '../../../test/support/connector-context.ts';
import { CREATE_REQUEST_SCHEMAS, openMetadataSchemasPresent, openMetadataValidator } from '../../../test/support/openmetadata-schemas.ts';
import type { EntityRecord } from '../../domain/record.ts';
import type { Column, CreateTable } from '../../openmetadata/entities.ts';
import type { Extracted } from '../connector.ts';
import { createSalesforceConnector } from './connector.ts';
import type { Tuning } from './org.ts';

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

interface Run extends RecordedContext {
  readonly records: Extracted[];
}

async function extract(connection: Readonly<Record<string, unknown>> = {}, options: Partial<ContextOptions> = {}, tuning: Tuning = { pauseMs: 1 }): Promise<Run> {
  const { username, password, securityToken } = sandbox.credentials;
  const recorded = contextFor(sandbox, { connection: { username, password: 'x', securityToken: 'x', salesforceDomain: sandbox.myDomain, ...connection }, secrets: { password, securityToken }, ...options });
  const records: Extracted[] = [];
  for await (const record of createSalesforceConnector(tuning).extract(recorded.context, AbortSignal.timeout(30_000))) records.push(record);
  return { ...recorded, records };
}

const tables = (records: readonly Extracted[]): EntityRecord[] => records.filter((record) => record.kind === 'entity').filter(({ type }) => type === 'table');
const failures = (records: readonly Extracted[]): [string, string][] => records.filter((record) => record.kind === 'failure').map(({ failure }) => [failure.name, failure.code]);
const tableNamed = (records: readonly Extracted[], name: string): CreateTable => tables(records).find(({ request }) => request['name'] === name)!.request as unknown as CreateTable;

function flat(columns: readonly Column[]): Column[] {
  return columns.flatMap((column) => [column, ...flat(column.children ?? [])]);
}

describe('an extraction', () => {
  let run: Run;
  let stats: ReturnType<Sandbox['stats']>;
  beforeAll(async () => {
    sandbox.resetStats();
    run = await extract();
    stats = sandbox.stats();
  });

  it('gives the service, the database and the schema, then a table for every object', () => {
    const entities = run.records.filter((record) => record.kind === 'entity');
    expect(entities.slice(0, 3).map(({ fqn }) => fqn)).toEqual(['sandbox', 'sandbox.default', 'sandbox.default.salesforce']);
    expect(tables(run.records).map(({ fqn }) => fqn).sort()).toEqual(sandbox.org.list().map(({ name }) => `sandbox.default.salesforce.${name}`).sort());
    expect(failures(run.records)).toEqual([]);
  });

  it('sends nothing of the connection', () => {
    const text = JSON.stringify(run.records);
    const { username, password, securityToken } = sandbox.credentials;
    expect([username, password, securityToken, ...run.protectedValues].filter((value) => text.includes(value))).toEqual([]);
  });

  it('leaves no type unknown and gives each type what the server asks of it', () => {
    const columns = tables(run.records).flatMap(({ request }) => flat(request['columns'] as Column[]));
    expect(new Set(columns.map(({ dataType }) => dataType))).not.toContain('UNKNOWN');
    expect(new Set(columns.map(({ dataTypeDisplay }) => dataTypeDisplay!.replace(/\(.*/, ''))).size).toBeGreaterThanOrEqual(20);
  });

  it('has a primary key, foreign keys to objects of the run, labels and descriptions', () => {
    const contact = tableNamed(run.records, 'Contact');
    expect(contact.displayName).toBe('Contact');
    expect(contact.columns.find(({ name }) => name === 'Id')).toMatchObject({ dataType: 'VARCHAR', dataLength: 18, constraint: 'PRIMARY_KEY' });
    expect(contact.tableConstraints).toContainEqual({ constraintType: 'FOREIGN_KEY', columns: ['AccountId'], referredColumns: ['sandbox.default.salesforce.Account.Id'], relationshipType: 'MANY_TO_ONE' });
    expect(contact.sourceUrl).toBe('https://acme.my.salesforce.com/lightning/o/Contact/list');
    const descriptions = tables(run.records).filter(({ request }) => request['description'] !== undefined);
    expect(descriptions.length).toBeGreaterThan(0);
  });

  it.runIf(openMetadataSchemasPresent)('fits OpenMetadata’s own schemas', () => {
    for (const record of run.records) {
      if (record.kind !== 'entity') continue;
      const validate = openMetadataValidator(CREATE_REQUEST_SCHEMAS[record.type]);
      expect(validate(record.request), `${record.fqn}: ${JSON.stringify(validate.errors)}`).toBe(true);
    }
  });

  it('counts what it did, and its calls as the org does', () => {
    expect(run.counts.get('objects')).toBe(sandbox.org.list().length);
    expect(run.counts.get('apiCalls')).toBe(stats.apiCalls);
    expect(stats.apiCalls).toBeLessThan(20);
  });

  it('tells where it stands', () => {
    expect(run.progress.map(({ phase }) => phase)).toEqual(expect.arrayContaining(['sign-in', 'catalogue', 'describe', 'descriptions', 'mapping']));
    expect(run.progress.at(-1)).toMatchObject({ phase: 'mapping', done: sandbox.org.list().length });
  });
});

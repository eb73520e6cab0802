import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../../sandbox-org/src/sandbox.ts';
import { fieldsWith, propertiesOf, requestsOf } from '../../../../test/support/tooling-metadata.ts';
import { extractFrom, type SalesforceRun } from '../../../../test/support/salesforce-run.ts';
import type { TagLabel } from '../../../../openmetadata/src/columns.ts';
import type { CreateTable } from '../../../../openmetadata/src/entities.ts';
import { labelsIn } from '../mapping/governance.ts';

let sandbox: Sandbox;
let run: SalesforceRun;

beforeAll(async () => {
  sandbox = await startSandbox({ objects: 120 });
  run = await extractFrom(sandbox, { sourceConfig: { includeOwners: true } });
});
afterAll(() => sandbox.close());

describe('tags', () => {
  it('precede the tables that use them, each once, after their classifications', () => {
    const known = new Set<string>();
    for (const record of run.records) {
      if (record.kind === 'classification')
        expect(known.size === known.add(record.name).size).toBe(false);
      if (record.kind === 'tag') {
        expect(known).toContain(record.classification);
        expect(known.size === known.add(`${record.classification}.${record.name}`).size).toBe(
          false,
        );
      }
      if (record.kind === 'entity' && record.type === 'table')
        for (const { tagFQN } of labelsIn(record.request as unknown as CreateTable))
          expect(known).toContain(tagFQN);
    }
    expect([...known].filter((name) => !name.includes('.')).sort()).toEqual([
      'SalesforceComplianceGroup',
      'SalesforceOrigin',
      'SalesforceSecurityClassification',
    ]);
  });

  it('mark classified fields, system fields, and the origin of objects', () => {
    const names = (labels: readonly TagLabel[] | undefined): string[] =>
      (labels ?? []).map(({ tagFQN }) => tagFQN);
    const columns = requestsOf(run).flatMap((request) => request.columns);
    expect(
      columns.some(
        ({ tags }) =>
          names(tags).includes('SalesforceComplianceGroup.PII') &&
          names(tags).includes('SalesforceComplianceGroup.GDPR'),
      ),
    ).toBe(true);
    const origins = (column: string): Set<string> =>
      new Set(
        columns
          .filter(({ name }) => name === column)
          .flatMap(({ tags }) => names(tags))
          .filter((tag) => tag.startsWith('SalesforceOrigin')),
      );
    expect([origins('CreatedDate'), origins('Name')]).toEqual([
      new Set(['SalesforceOrigin.System']),
      new Set(),
    ]);
    expect(names(requestsOf(run).find(({ name }) => name === 'Account')!.tags)).toEqual([
      'SalesforceOrigin.Standard',
    ]);
  });

  it('are omitted if not requested', async () => {
    const plain = await extractFrom(sandbox, {
      connection: { sobjectNames: ['Account', 'Contact'] },
      sourceConfig: { includeTags: false },
    });
    expect(plain.records.filter(({ kind }) => kind === 'tag' || kind === 'classification')).toEqual(
      [],
    );
    expect(requestsOf(plain).flatMap(labelsIn)).toEqual([]);
  });
});

describe('owners', () => {
  it('are users with e-mail addresses, if requested', () => {
    const owners = fieldsWith('owners', run).flatMap(([, , found]) => found);
    expect(owners.length).toBeGreaterThan(0);
    expect(owners.every(({ kind, email }) => kind === 'user' && email!.includes('@'))).toBe(true);
  });

  it('are not read unless requested', async () => {
    const plain = await extractFrom(sandbox, {
      connection: { sobjectNames: ['Account', 'Contact'] },
    });
    expect(JSON.stringify([...propertiesOf(plain).values()])).not.toContain('"owners"');
  });
});

describe('an org without the newer columns of EntityDefinition and FieldDefinition', () => {
  it('is read without them, with one warning', async () => {
    sandbox.faults.install({
      match: { path: 'InternalSharingModel|SecurityClassification' },
      effect: {
        kind: 'respond',
        status: 400,
        body: [{ errorCode: 'INVALID_FIELD', message: 'No such column' }],
      },
    });
    const older = await extractFrom(sandbox, {
      connection: { sobjectNames: ['Account', 'Contact'] },
    });
    sandbox.faults.clear();
    expect(
      requestsOf(older)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['Account', 'Contact']);
    expect(propertiesOf(older).get('Account')).not.toHaveProperty('sharing');
    expect(
      requestsOf(older)
        .flatMap(({ columns }) => columns)
        .filter(
          ({ name, description: text }) => name.endsWith('__c') && text?.includes('relies on'),
        ).length,
    ).toBeGreaterThan(5);
    expect(
      older.logs
        .map(({ message }) => message)
        .filter((message) => message.includes('lacks some columns')),
    ).toHaveLength(1);
  });
});

import { startSandbox, type Sandbox } from '../../sandbox-org/src/sandbox.ts';
import type { Cell, SampleDataRecord } from '../../foundation/src/domain/record.ts';
import { extractFrom, type RunOptions, type SalesforceRun } from './salesforce-run.ts';

export const SAMPLE_SCHEMA = 'sandbox.default.salesforce';
export const SAMPLED_NAMES: readonly string[] = [
  'Account',
  'Contact',
  'Lead',
  'Opportunity',
  'Case',
  'Campaign',
  'Project__c',
];
/** The password of the run, which also occurs in a sampled field. */
export const SAMPLE_SECRET = 'Hn7 correct horse battery staple';

/** A sandbox org with fields of each class: open, classified, computed, encrypted, credentials. */
export interface SampleOrg {
  readonly sandbox: Sandbox;
  /** A run that requests sample rows and is permitted to read them. */
  readonly run: (sampleRows?: object, more?: RunOptions) => Promise<SalesforceRun>;
}

export async function startSampleOrg(): Promise<SampleOrg> {
  const sandbox = await startSandbox({ objects: 60, credentials: { password: SAMPLE_SECRET } });
  plantFields(sandbox);
  return {
    sandbox,
    run: (sampleRows = {}, more = {}) =>
      extractFrom(sandbox, {
        connection: { sobjectNames: SAMPLED_NAMES },
        sourceConfig: { sampleRows },
        limits: { sampleRows: true },
        ...more,
      }),
  };
}

function plantFields(sandbox: Sandbox): void {
  const plant = (
    name: string,
    type: 'string' | 'textarea' | 'double' | 'boolean' | 'base64' | 'encryptedstring',
    more: object = {},
  ): void => {
    sandbox.org.edit({
      kind: 'addField',
      object: 'Account',
      field: { name, type, governance: {}, ...more },
    });
  };
  plant('Open__c', 'string', { content: 'Anyone may know' });
  plant('Sensitive__c', 'string', {
    content: 'classified one',
    governance: { securityClassification: 'Restricted' },
  });
  plant('Published__c', 'string', {
    content: 'classified two',
    governance: { securityClassification: 'Public' },
  });
  plant('Personal__c', 'string', {
    content: 'classified three',
    governance: { complianceGroup: 'PII;GDPR' },
  });
  plant('Derived__c', 'string', {
    content: 'classified four',
    traits: { calculated: true, calculatedFormula: 'Personal__c' },
  });
  plant('Api_Key__c', 'string', { content: 'credential one' });
  plant('Handle__c', 'string', { label: 'Portal Password', content: 'credential two' });
  plant('Sealed__c', 'encryptedstring', { content: 'credential three' });
  plant('Shielded__c', 'string', { content: 'credential four', traits: { encrypted: true } });
  plant('Attachment__c', 'base64', { content: 'Y3JlZGVudGlhbA==' });
  plant('Notes__c', 'textarea', {
    length: 32_000,
    content: `${'word '.repeat(97)}${SAMPLE_SECRET} and more`,
  });
  plant('Unbroken__c', 'textarea', { length: 32_000, content: 'x'.repeat(600) });
  plant('Score__c', 'double', { content: 4.5 });
  plant('Vip__c', 'boolean', { content: true });
}

export function samplesOf({ records }: SalesforceRun): SampleDataRecord[] {
  return records.filter((record) => record.kind === 'sampleData');
}

export function sampleOf(object: string, run: SalesforceRun): SampleDataRecord['request'] {
  return samplesOf(run).find(({ table }) => table === `${SAMPLE_SCHEMA}.${object}`)!.request;
}

export function valuesOf(object: string, column: string, run: SalesforceRun): Cell[] {
  const { columns, rows } = sampleOf(object, run);
  return rows.map((row) => row[columns.indexOf(column)]!);
}

/** Why tables were skipped, with the data of the log line. */
export function skippedIn({ logs }: SalesforceRun): unknown[] {
  return logs
    .filter(({ message }) => message.startsWith('sample rows skipped'))
    .map(({ message, data }) => [message.split(': ')[1], data]);
}

/** The FieldDefinition row of a field without a classification. */
export function unclassifiedField(object: string, name: string): object {
  return {
    QualifiedApiName: name,
    IsCalculated: false,
    SecurityClassification: null,
    ComplianceGroup: null,
    EntityDefinition: { QualifiedApiName: object },
  };
}

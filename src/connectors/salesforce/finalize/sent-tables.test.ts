import { expect, it } from 'vitest';
import type { Table } from '../mapping/table.ts';
import { SentTables } from './sent-tables.ts';

function tableOf(name: string, displayName?: string): Table {
  const request = { name, databaseSchema: 's', columns: [], ...(displayName && { displayName }) };
  const properties = { kind: 'custom', custom: true, features: [] } as const;
  return { fqn: `s.${name}`, request, properties, aggregatable: [] };
}

it('finds objects by name and by label, in any case', () => {
  const tables = new SentTables();
  tables.add('Invoice__c', tableOf('Invoice__c', 'Invoice'), false);
  tables.add('Old_Invoice__c', tableOf('Old_Invoice__c', 'INVOICE'), false);
  tables.add('invoice', tableOf('invoice'), false);
  tables.add('Account', tableOf('Account', 'Account'), false);
  expect(tables.named('invoice')).toEqual(['Invoice__c', 'Old_Invoice__c', 'invoice']);
  expect(tables.named('INVOICE__C')).toEqual(['Invoice__c']);
  expect(tables.named('account')).toEqual(['Account']);
  expect(tables.named('Lead')).toEqual([]);
});

import { describe, expect, it } from 'vitest';
import { canWrite } from '../src/catalog/catalog-record.ts';

describe('a run', () => {
  it.each([
    ['crm', 'crm', true],
    ['crm', 'crm.default.salesforce', true],
    ['crm', 'crm2.default', false],
    ['crm', '"crm.eu".default', false],
    ['crm.eu', '"crm.eu".default', true],
    // A database called "eu" of the service "crm".
    ['crm.eu', 'crm.eu.salesforce', false],
  ])('of the service %s writes about %s: %s', (service, parent, expected) => {
    const sweep = { kind: 'sweep', parent, type: 'table', tables: [] } as const;
    expect(canWrite(service, sweep as never)).toBe(expected);
  });
});

import { describe, expect, it } from 'vitest';
import { fullyQualifiedName, ownNameOf, parentOf } from '../names.ts';
import { tableOf } from './table-index.ts';

describe('fully qualified names', () => {
  it.each([
    ['crm.default.salesforce.Account', 'crm.default.salesforce'],
    ['"my.crm".default.salesforce.Account', '"my.crm".default.salesforce'],
    ['crm.default.salesforce."odd.name"', 'crm.default.salesforce'],
    ['crm.default.salesforce."a""b.c"', 'crm.default.salesforce'],
    ['alone', ''],
  ])('%s has the parent %s', (fqn, schema) => {
    expect(parentOf(fqn)).toBe(schema);
  });

  it('of columns yield their tables', () => {
    expect(tableOf('crm.default.salesforce."odd.name".Id')).toBe(
      'crm.default.salesforce."odd.name"',
    );
  });

  it.each([
    ['PII', 'Data.PII'],
    ['v1.2', 'Data."v1.2"'],
    ['a"b', String.raw`Data."a\"b"`],
  ])('quote the part %s, and yield it again', (name, fqn) => {
    expect(fullyQualifiedName('Data', name)).toBe(fqn);
    expect(ownNameOf(fqn)).toBe(name);
    expect(parentOf(fqn)).toBe('Data');
  });
});

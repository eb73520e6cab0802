import { describe, expect, it } from 'vitest';
import { tagName } from './parent-writer.ts';
import { parentOf } from '../names.ts';
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

  it('quote a tag’s part with a dot', () => {
    expect([tagName('Data', 'PII'), tagName('Data', 'v1.2'), tagName('Data', 'a"b')]).toEqual([
      'Data.PII',
      'Data."v1.2"',
      'Data."a""b"',
    ]);
  });
});

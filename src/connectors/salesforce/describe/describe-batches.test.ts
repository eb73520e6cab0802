import { describe, expect, it } from 'vitest';
import { batchObjects } from './describe-batches.ts';
import type { ListedObject } from './object-list.ts';

const named = (name: string): ListedObject =>
  ({ name, custom: /__/.test(name), customSetting: false }) as ListedObject;
const companion = (object: string, of: string): ListedObject => ({
  ...named(`${object}${of}`),
  associateEntityType: of,
});

describe('the objects of each call for describes', () => {
  it('come with heavy ones first, then those with definitions, and among both small ones last', () => {
    const objects = [
      companion('Invoice', 'History'),
      companion('Invoice', 'Feed'),
      named('Rate__mdt'),
      { ...named('Settings__c'), customSetting: true },
      named('Shipped__e'),
      companion('Invoice', 'Share'),
      named('Invoice__c'),
      companion('Invoice', 'ChangeEvent'),
      named('Asset'),
      named('User'),
    ];
    expect(
      batchObjects(objects, true)
        .flat()
        .map(({ name }) => name),
    ).toEqual([
      'User',
      'Invoice__c',
      'InvoiceChangeEvent',
      'Asset',
      'Rate__mdt',
      'Settings__c',
      'Shipped__e',
      'InvoiceFeed',
      'InvoiceHistory',
      'InvoiceShare',
    ]);
  });

  it.each([
    ['few small ones in one call', ['Asset', 'Invoice__c', 'Order'], [3]],
    ['many small ones in one call', Array.from({ length: 25 }, (_, n) => `Part${n}__c`), [25]],
    ['several heavy ones in two calls', ['Asset', 'Account', 'Case', 'Contact'], [2, 2]],
  ])('are, if they fit one, %s', (_title, names, sizes) => {
    expect(batchObjects(names.map(named), true).map(({ length }) => length)).toEqual(sizes);
  });

  it('are at most 25, and fewer heavy ones', () => {
    const heavy = ['User', 'Account', 'Contact', 'Opportunity', 'Case', 'Lead'].map(named);
    const others = Array.from({ length: 60 }, (_, index) => named(`Object${index}`));
    const sizes = batchObjects([...others, ...heavy], true).map(({ length }) => length);
    expect(sizes).toEqual([5, 21, 25, 15]);
  });
});

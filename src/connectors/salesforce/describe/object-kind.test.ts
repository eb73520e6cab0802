import { describe, expect, it } from 'vitest';
import { isDerived, kindOf } from './object-kind.ts';

describe('kindOf', () => {
  it.each([
    ['Opportunity__hd', false, 'trending'],
    ['Knowledge__ViewStat', false, 'knowledgeCompanion'],
    ['Knowledge__VoteStat', false, 'knowledgeCompanion'],
    ['Knowledge__DataCategorySelection', false, 'knowledgeCompanion'],
    ['Knowledge__VersionHistory', false, 'knowledgeCompanion'],
    ['Odd__hd', true, 'custom'],
    ['Invoice__c', true, 'custom'],
    ['Invoice__History', false, 'history'],
    ['Knowledge__kav', false, 'standard'],
    ['Rate__mdt', true, 'customMetadata'],
  ] as const)('%s with custom: %s is of kind %s', (name, custom, kind) => {
    expect(kindOf({ name, custom, customSetting: false })).toBe(kind);
    expect(isDerived(kind)).toBe(['trending', 'knowledgeCompanion', 'history'].includes(kind));
  });
});

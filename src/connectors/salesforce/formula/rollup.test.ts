import { describe, expect, it } from 'vitest';
import { rollupFromDataType, rollupSource } from './rollup.ts';

describe('rollupSource', () => {
  it('returns the summarized field, the foreign key and the filters', () => {
    expect(
      rollupSource({
        type: 'Summary',
        summarizedField: 'Opportunity.Amount',
        summaryForeignKey: 'Opportunity.AccountId',
        summaryOperation: 'sum',
        summaryFilterItems: [
          { field: 'Opportunity.StageName', operation: 'equals', value: 'Closed Won' },
          {
            field: 'Opportunity.CloseDate',
            operation: 'greaterThan',
            valueField: 'Opportunity.Start__c',
          },
        ],
      }),
    ).toEqual({
      operation: 'sum',
      child: 'Opportunity',
      foreignKey: 'AccountId',
      summarized: { object: 'Opportunity', field: 'Amount' },
      filters: ['StageName', 'CloseDate', 'Start__c'].map((field) => ({
        object: 'Opportunity',
        field,
      })),
    });
  });

  it('uses the foreign key for a count', () => {
    expect(
      rollupSource({
        summaryForeignKey: 'Line__c.Invoice__c',
        summaryOperation: 'COUNT',
        summarizedField: null,
      }),
    ).toMatchObject({
      operation: 'count',
      child: 'Line__c',
      summarized: { object: 'Line__c', field: 'Invoice__c' },
      filters: [],
    });
  });

  it.each([
    undefined,
    null,
    'text',
    {},
    { summaryOperation: 'sum' },
    { summaryOperation: 'avg', summaryForeignKey: 'A.B' },
    { summaryOperation: 'sum', summaryForeignKey: 'A' },
    { summaryOperation: 'sum', summaryForeignKey: 'A.B.C' },
  ])('returns undefined for %o', (metadata) => {
    expect(rollupSource(metadata)).toBeUndefined();
  });

  it.each([
    ['Roll-Up Summary (SUM Opportunity)', { operation: 'sum', childLabel: 'Opportunity' }],
    ['Roll-Up Summary (COUNT Invoice Line)', { operation: 'count', childLabel: 'Invoice Line' }],
    ['Formula (Text)', undefined],
    ['Currency(18, 0)', undefined],
  ])('rollupFromDataType reads %s', (text, expected) => {
    expect(rollupFromDataType(text)).toEqual(expected);
  });
});

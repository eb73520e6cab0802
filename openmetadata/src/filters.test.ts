import { describe, expect, it } from 'vitest';
import { cpuSeconds } from '../../test/support/cpu-time.ts';
import { compileFilter } from './filters.ts';
import { entityName, fullyQualifiedName } from './names.ts';

describe('a filter pattern', () => {
  it.each([
    [{ includes: ['Account'] }, ['Account', 'AccountHistory', 'account'], ['MyAccount', 'Contact']],
    [{ includes: ['^Account$'] }, ['Account', 'ACCOUNT'], ['AccountHistory']],
    [{ excludes: ['.*__c$'] }, ['Account'], ['Invoice__c', 'ns__Invoice__C']],
    [
      { includes: ['A.*', 'C.*'], excludes: ['.*History'] },
      ['Account', 'Contact'],
      ['AccountHistory', 'Lead'],
    ],
    [{ includes: [] }, ['Account'], []],
    [{ includes: null, excludes: null }, ['Account'], []],
    [undefined, ['Account'], []],
  ])('%j', (pattern, passing, filtered) => {
    const passes = compileFilter(pattern, 'tableFilterPattern');
    expect(passing.filter((name) => !passes(name))).toEqual([]);
    expect(filtered.filter((name) => passes(name))).toEqual([]);
  });

  it.each(['(', '[a-', '(?=a)b', '(a)\\1', 'a{2,1}', '*'])(
    'rejects %j and names its field',
    (pattern) => {
      expect(() => compileFilter({ excludes: [pattern] }, 'tableFilterPattern')).toThrow(
        expect.objectContaining({
          code: 'JOB_INVALID',
          message: expect.stringContaining(
            `tableFilterPattern.excludes: ${JSON.stringify(pattern)}`,
          ) as string,
        }),
      );
    },
  );

  it('rejects too many and too long patterns', () => {
    expect(() => compileFilter({ includes: Array.from({ length: 201 }, () => 'a') }, 'x')).toThrow(
      'at most 200',
    );
    expect(() => compileFilter({ includes: ['a'.repeat(1025)] }, 'x')).toThrow('at most 1024');
  });

  it('takes time linear in the name for any pattern', () => {
    const evil = ['^(a+)+$', '(a|aa)+$', '(.*)*x', '(a*)*b', '([a-z]+)*1', '^(\\w+\\s?)*$!'];
    const passes = compileFilter({ excludes: evil }, 'x');
    expect(cpuSeconds(() => expect(passes(`${'a'.repeat(20_000)}!`)).toBe(true))).toBeLessThan(2);
  });
});

describe('names', () => {
  it('replaces reserved sequences', () => {
    expect(entityName('a::b>c"d')).toBe(
      'a__reserved__colon__b__reserved__arrow__c__reserved__quote__d',
    );
  });

  it('quotes parts with dots', () => {
    expect(fullyQualifiedName('sales.force', 'default', 'salesforce', 'Account')).toBe(
      '"sales.force".default.salesforce.Account',
    );
  });
});

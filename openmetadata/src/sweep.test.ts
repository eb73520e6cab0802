import { describe, expect, it } from 'vitest';
import type { SweepRecord } from '../../foundation/src/domain/record.ts';
import { isGone } from './sweep.ts';

const SCHEMA = 'crm.default.salesforce';
const named = (name: string): string => `${SCHEMA}.${name}`;

function gone(record: Partial<SweepRecord>, ...names: string[]): string[] {
  const test = isGone({
    kind: 'sweep',
    type: 'table',
    parent: SCHEMA,
    keep: [named('Kept')],
    ...record,
  });
  return names.filter((name) => test(named(name)));
}

describe('a sweep', () => {
  it('selects entities that it does not list', () => {
    expect(gone({}, 'Kept', 'Lost', 'kept')).toEqual(['Lost', 'kept']);
  });

  it('ignores names outside its range', () => {
    expect(gone({ after: named('B'), upTo: named('D') }, 'A', 'B', 'C', 'D', 'E')).toEqual([
      'C',
      'D',
    ]);
    expect(gone({ upTo: named('B') }, 'A', 'B', 'C')).toEqual(['A', 'B']);
  });

  it('selects only names that pass the filters of the run', () => {
    expect(
      gone(
        { among: { includes: ['inv'], excludes: ['.*_Old'] } },
        'Invoice__c',
        'Invoice_Old__c',
        'Account',
      ),
    ).toEqual(['Invoice__c']);
    expect(
      gone(
        { among: { includes: ['crm\\.default\\.salesforce\\.A'], qualified: true } },
        'Invoice__c',
        'Account',
      ),
    ).toEqual(['Account']);
    expect(
      gone({ among: { names: ['account', 'Lead'] } }, 'Account', 'Invoice__c', '"Lead"'),
    ).toEqual(['Account', '"Lead"']);
  });

  it('rejects unsupported patterns', () => {
    expect(() => gone({ among: { includes: ['(?=a)'] } }, 'A')).toThrow(
      expect.objectContaining({ code: 'JOB_INVALID' }),
    );
  });
});

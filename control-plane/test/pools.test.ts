import { describe, expect, it } from 'vitest';
import { poolOf } from '../src/runners/pools.ts';

const RULES = [
  { service: 'sf-eu*', pool: 'eu' },
  { service: '*-prod-*', pool: 'prod' },
  { service: 'a*b*', pool: 'ab' },
  { service: 'exact', pool: 'one' },
];

describe('pool of a service', () => {
  it.each([
    ['sf-eu', 'eu'],
    ['sf-eu-prod-1', 'eu'],
    ['sf-us-prod-1', 'prod'],
    ['sf-us-prod', 'standard'],
    ['ab', 'ab'],
    ['a-b-', 'ab'],
    ['ba', 'standard'],
    ['exact', 'one'],
    ['exactly', 'standard'],
    ['Exact', 'standard'],
  ])('%s follows the first rule that matches', (service, pool) => {
    expect(poolOf(service, { path: null, rules: RULES, standard: 'standard' })).toBe(pool);
  });

  it.each([
    ['*', 'anything', true],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['*ab', 'abab', true],
    ['a*b*b', 'ab', false],
    ['a*b*b', 'abb', true],
  ])('%s and %s', (rule, service, isMatch) => {
    const rules = [{ service: rule, pool: 'yes' }];
    expect(poolOf(service, { path: null, rules, standard: null })).toBe(
      isMatch ? 'yes' : 'default',
    );
  });

  it('prefers the path of the call, and ends with the default pool', () => {
    expect(poolOf('sf-eu', { path: 'us', rules: RULES, standard: 'standard' })).toBe('us');
    expect(poolOf('other', { path: null, rules: [], standard: null })).toBe('default');
  });
});

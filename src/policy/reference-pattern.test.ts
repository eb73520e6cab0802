import { describe, expect, it } from 'vitest';
import { patternCovers } from './reference-pattern.ts';

describe('a pattern of references', () => {
  it.each([
    ['/a/b', '/a/b'],
    ['/a/*', '/a/b'],
    ['/a/*', '/a/b*'],
    ['/a/b*', '/a/bc*'],
    ['/*/b', '/a/b'],
  ])('%s covers %s', (outer, inner) => {
    expect(patternCovers(outer, inner)).toBe(true);
  });

  it.each([
    ['/a/b', '/a/*'],
    ['/a/b*', '/a/*'],
    ['/a/*', '/a/b/c'],
    ['/a/b', '/a/b*'],
  ])('%s does not cover %s', (outer, inner) => {
    expect(patternCovers(outer, inner)).toBe(false);
  });
});

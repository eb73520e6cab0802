import { describe, expect, it } from 'vitest';
import { isJson, tryParseJson } from './json.ts';

describe('isJson', () => {
  it('accepts objects only', () => {
    expect([{}, { a: 1 }].every(isJson)).toBe(true);
    expect([null, [], 'text', 1, undefined].some(isJson)).toBe(false);
  });
});

describe('tryParseJson', () => {
  it('returns the value, which can be null', () => {
    expect(tryParseJson('{"a":[1]}')).toEqual({ value: { a: [1] } });
    expect(tryParseJson('null')).toEqual({ value: null });
  });

  it('returns undefined for a text that is not JSON', () => {
    expect(['', '<html>', '{'].map(tryParseJson)).toEqual([undefined, undefined, undefined]);
  });
});

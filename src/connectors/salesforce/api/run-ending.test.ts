import { describe, expect, it } from 'vitest';
import { RunnerError } from '../errors/errors.ts';
import { rethrowIfRunEnds } from './run-ending.ts';

const { signal } = new AbortController();

describe('rethrowIfRunEnds', () => {
  it('returns an error that the run can tolerate', () => {
    const error = new RunnerError('SALESFORCE_FORBIDDEN', 'no');
    expect(rethrowIfRunEnds(error, signal)).toBe(error);
    expect(rethrowIfRunEnds(new Error('odd'), signal, 'SALESFORCE_UNEXPECTED')).toMatchObject({
      code: 'SALESFORCE_UNEXPECTED',
    });
  });

  it.each([
    ['the call limit is reached', new RunnerError('SALESFORCE_LIMIT_REACHED', 'no more'), signal],
    ['the error is fatal', new RunnerError('SALESFORCE_BUSY', 'down', { fatal: true }), signal],
    ['the run is aborted', new RunnerError('SALESFORCE_FORBIDDEN', 'no'), AbortSignal.abort()],
  ])('throws when %s', (_when, error, bounded) => {
    expect(() => rethrowIfRunEnds(error, bounded)).toThrow(error);
  });
});

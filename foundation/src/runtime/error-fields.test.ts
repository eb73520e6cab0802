import { expect, it } from 'vitest';
import { errorFields, localErrorFields } from './error-fields.ts';
import { RunnerError } from './errors.ts';

const inner = new RunnerError('NETWORK_RESET', 'connection reset', { cause: new TypeError('low') });
const outer = new RunnerError('WORKER_DIED', 'failed to start', { cause: inner });

it('gives the code and the message of an error, without its causes', () => {
  expect(errorFields(outer)).toEqual({ code: 'WORKER_DIED', error: 'failed to start' });
});

it('gives a code to any thrown value', () => {
  expect(errorFields(new TypeError('low'))).toEqual({ code: 'INTERNAL', error: 'low' });
});

it('adds the causes for the local log, outermost first', () => {
  expect(localErrorFields(outer)).toEqual({
    code: 'WORKER_DIED',
    error: 'failed to start',
    causes: ['NETWORK_RESET: connection reset', 'low'],
  });
});

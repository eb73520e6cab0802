import { expect, it } from 'vitest';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { CallLimit } from './call-limit.ts';

const reached = (reason: string): RunnerError => new RunnerError('JOB_INVALID', reason);

it('permits the calls of the policy and no more', () => {
  const limit = new CallLimit(2, reached);
  limit.begin();
  limit.begin();
  expect(() => limit.begin()).toThrow('the run has used the 2 API calls');
  expect(limit.made).toBe(2);
});

it('rejects a call that would leave less than its headroom', () => {
  const limit = new CallLimit(3, reached);
  expect(() => limit.begin(3)).toThrow(RunnerError);
  limit.begin(2);
  expect(() => limit.begin(2)).toThrow(RunnerError);
  limit.begin(1);
  expect(limit.made).toBe(2);
});

it('permits any number of calls if the policy has no limit', () => {
  const limit = new CallLimit(undefined, reached);
  for (let call = 0; call < 1000; call += 1) limit.begin(call);
  expect(limit.made).toBe(1000);
});

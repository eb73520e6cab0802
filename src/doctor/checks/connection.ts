import type { StepRecord } from '../../../foundation/src/domain/record.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import type { Check } from '../check.ts';
import { failed, pass, skip, warn, type Finding } from '../finding.ts';

/** Several sign-ins, retried when the source is busy. */
const LIMIT_MS = 120_000;

/** Signs in to the source of a workflow as a run does, with its policy and its secrets. */
export const connection: Check = {
  name: 'connection',
  title: 'connection to the source',
  needs: ['configuration', 'policy', 'secrets'],
  limitMs: LIMIT_MS,
  run: async ({ options }, signal) => {
    const { testConnection } = options;
    if (testConnection === undefined)
      return [skip('sign-in', 'not requested; pass --workflow FILE')];
    const { steps, error } = await testConnection(signal);
    const found = steps.map(stepFinding);
    const isExplained = found.some(({ status }) => status === 'fail');
    return error === undefined || isExplained
      ? found
      : [...found, failed('sign-in', RunnerError.fromFailure(error))];
  },
};

function stepFinding(step: StepRecord): Finding {
  const { name, mandatory, message } = step;
  if (step.passed) return pass(name, message === '' ? 'works' : message);
  const failure = failed(name, RunnerError.fromFailure(step.error));
  return mandatory ? failure : warn(name, failure.detail, failure.remedy);
}

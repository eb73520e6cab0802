import type { StepKind } from '../../../foundation/src/domain/job.ts';
import type { StepRecord } from '../../../foundation/src/domain/record.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { Invocation } from '../invocation.ts';
import { conclude } from '../local/conclude.ts';
import { runLocally } from '../local/local-attempt.ts';
import { stepSink } from '../local/step-sink.ts';

/** The command that runs a job of a kind that yields steps, and shows each step as it ends. */
export function stepJob(kind: StepKind): (invocation: Invocation) => Promise<ExitCode> {
  return async (invocation) => {
    const { terminal } = invocation;
    const steps: StepRecord[] = [];
    const show = (step: StepRecord): void => {
      steps.push(step);
      if (!terminal.json) terminal.result(step, describe(step));
    };
    const outcome = await runLocally(invocation, {
      kind,
      openSink: () => Promise.resolve(stepSink(show)),
    });
    const { status, error } = outcome;
    if (terminal.json)
      terminal.result({ status, steps, ...(error === undefined ? {} : { error }) }, '');
    return conclude(invocation, outcome);
  };
}

function describe({ name, passed, mandatory, message, error }: StepRecord): string {
  const mark = passed ? '✓' : mandatory ? '✗' : '!';
  const remedy = error === undefined ? '' : `\n    → ${error.remedy}`;
  return `${mark} ${name}${message === '' ? '' : `: ${message}`}${remedy}`;
}

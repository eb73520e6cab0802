import { systemClock } from '../../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { openPolicy } from '../../policy/open-policy.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { loadSettings, type Invocation } from '../invocation.ts';
import { actAsOwner } from '../ownership.ts';
import { policySource } from '../policy-source.ts';
import { counted } from '../terminal.ts';
import { judge, readExpectations, type Verdict } from './expectations.ts';

/** Compares decisions of the policy with those that a file expects. */
export async function test(invocation: Invocation): Promise<ExitCode> {
  const { operands, terminal } = invocation;
  const [file] = operands;
  if (file === undefined)
    throw new RunnerError('USAGE', 'the file of expected decisions is missing');
  const { config } = await loadSettings(invocation);
  actAsOwner(config.stateDir);
  const expectations = await readExpectations(file);
  const policy = await openPolicy(policySource(config));
  const verdicts: Verdict[] = [];
  for (const expectation of expectations)
    verdicts.push(await judge(expectation, { policy, file, now: systemClock.now() }));
  const failed = verdicts.filter(({ passed }) => !passed);
  terminal.document(
    { policyFile: config.policyFile, tests: verdicts, failed: failed.length },
    [...verdicts.flatMap(linesOf), summary(verdicts.length, failed.length)].join('\n'),
  );
  return failed.length === 0 ? EXIT.ok.code : EXIT.runFailed.code;
}

function linesOf({ name, passed, expected, actual }: Verdict): string[] {
  return passed ? [`ok   ${name}`] : [`FAIL ${name}`, `     - ${expected}`, `     + ${actual}`];
}

function summary(total: number, failed: number): string {
  return failed === 0
    ? `${counted(total, 'decisions')} as expected`
    : `${failed} of ${counted(total, 'decisions')} not as expected (- expected, + actual)`;
}

import { withDeadline } from '../../foundation/src/runtime/abort.ts';
import type { Clock } from '../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import type { Check, CheckName } from './check.ts';
import type { Facts } from './facts.ts';
import { failed, skip, worstOf, type Finding, type Status } from './finding.ts';

export interface CheckResult {
  readonly name: CheckName;
  readonly title: string;
  readonly status: Status;
  readonly findings: readonly Finding[];
  /** The failed check because of which this one was skipped. */
  readonly blockedBy?: CheckName;
}

export interface RunOptions {
  readonly clock: Clock;
  /** Longest time of one check, from when the checks that it needs have ended. In milliseconds. */
  readonly limitMs: number;
  /** Called at the end of each check. */
  readonly onResult: (result: CheckResult) => void;
}

/**
 * Runs all checks at the same time, each after those that it needs. Results are in the order of
 * `checks`. Rejects only with the reason of the signal.
 */
export function runChecks(
  checks: readonly Check[],
  facts: Facts,
  options: RunOptions,
  signal: AbortSignal,
): Promise<readonly CheckResult[]> {
  const running = new Map<CheckName, Promise<CheckResult>>();
  for (const check of checks) {
    const needed = check.needs.map((name) => running.get(name) ?? unknownNeed(check, name));
    const result = afterNeeded(check, needed, facts, options, signal);
    running.set(
      check.name,
      result.then((ended) => {
        tell(ended, options);
        return ended;
      }),
    );
  }
  return Promise.all(running.values());
}

function unknownNeed({ name }: Check, need: CheckName): never {
  throw new RunnerError('INTERNAL', `check ${name} needs ${need}, which is not before it`);
}

/** The report has every result, whatever happens to those who follow its progress. */
function tell(result: CheckResult, { onResult }: RunOptions): void {
  try {
    onResult(result);
  } catch {
    // A closed terminal, for example.
  }
}

async function afterNeeded(
  check: Check,
  needed: readonly Promise<CheckResult>[],
  facts: Facts,
  options: RunOptions,
  signal: AbortSignal,
): Promise<CheckResult> {
  const { name, title } = check;
  for (const { status, blockedBy, ...other } of await Promise.all(needed)) {
    const cause = status === 'fail' ? other.name : blockedBy;
    if (cause === undefined) continue;
    const findings = [skip(title, `not checked, because the check "${cause}" failed`)];
    return { name, title, status: 'skip', findings, blockedBy: cause };
  }
  const findings = await findingsOf(check, facts, options, signal);
  return { name, title, status: worstOf(findings.map(({ status }) => status)), findings };
}

async function findingsOf(
  { title, run, limitMs }: Check,
  facts: Facts,
  options: RunOptions,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  try {
    return await withDeadline(title, limitMs ?? options.limitMs, options.clock, signal, (bounded) =>
      run(facts, bounded),
    );
  } catch (thrown) {
    if (signal.aborted) throw RunnerError.from(signal.reason, 'ABORTED');
    return [failed(title, thrown)];
  }
}

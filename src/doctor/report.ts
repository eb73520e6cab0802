import { visible } from '../observability/visible.ts';
import type { CheckName } from './check.ts';
import { worstOf, type Finding, type Status } from './finding.ts';
import type { CheckResult } from './run-checks.ts';

/** The document of `doctor --json`. docs/doctor.md describes it. */
export interface Report {
  readonly version: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** The worst status of all checks. */
  readonly status: Status;
  readonly counts: Readonly<Record<Status, number>>;
  /** The first failure, which is the cause of later ones; null without a failure. */
  readonly firstFailure: ({ readonly check: CheckName } & Finding) | null;
  readonly checks: readonly CheckResult[];
}

export interface ReportOptions {
  readonly version: string;
  readonly now: number;
  /** Removes secrets that this process knows from a text. */
  readonly redact: (text: string) => string;
}

export function makeReport(results: readonly CheckResult[], options: ReportOptions): Report {
  const checks = results.map((result) => cleanResult(result, options.redact));
  const findings = checks.flatMap((check) => check.findings);
  const count = (wanted: Status): number =>
    findings.filter(({ status }) => status === wanted).length;
  const failing = checks.find(({ status }) => status === 'fail');
  const failure = failing?.findings.find(({ status }) => status === 'fail');
  return {
    version: options.version,
    at: new Date(options.now).toISOString(),
    status: worstOf(checks.map(({ status }) => status)),
    counts: { pass: count('pass'), warn: count('warn'), fail: count('fail'), skip: count('skip') },
    firstFailure: failure === undefined ? null : { check: failing!.name, ...failure },
    checks,
  };
}

/** A result without secrets and without characters that control a terminal. */
export function cleanResult(result: CheckResult, redact: ReportOptions['redact']): CheckResult {
  const clean = (text: string): string => visible(redact(text));
  return {
    ...result,
    findings: result.findings.map(({ subject, detail, lines, remedy, ...finding }) => ({
      ...finding,
      subject: clean(subject),
      detail: clean(detail),
      ...(lines === undefined ? {} : { lines: lines.map(clean) }),
      ...(remedy === undefined ? {} : { remedy: clean(remedy) }),
    })),
  };
}

import type { Facts } from './facts.ts';
import type { Finding } from './finding.ts';

/** The checks in the order of the report: a cause comes before its consequences. */
export const CHECK_NAMES = [
  'installation',
  'configuration',
  'data',
  'audit',
  'clock',
  'policy',
  'identity',
  'secrets',
  'rules',
  'dns',
  'proxy',
  'tls',
  'syslog',
  'channels',
  'acceptance',
  'service',
  'connection',
] as const;
export type CheckName = (typeof CHECK_NAMES)[number];

export interface Check {
  readonly name: CheckName;
  /** Heading of its part of the report. */
  readonly title: string;
  /** Checks before it, of which a failure would only be repeated here: it is then skipped. */
  readonly needs: readonly CheckName[];
  /** Longest time, if it is not that of all checks. In milliseconds. */
  readonly limitMs?: number;
  /** A rejection counts as a failure of the whole check. */
  readonly run: (facts: Facts, signal: AbortSignal) => Promise<readonly Finding[]>;
}

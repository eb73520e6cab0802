import type { ErrorCode } from '../../foundation/src/runtime/error-codes.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';

/**
 * `rule` names the line of the policy that decided. `reason` is for the user and the local log and
 * holds no secret.
 */
export type Decision = Allowed | Denied;

export interface Allowed {
  readonly allowed: true;
  readonly rule: string;
  /** How often secrets of this rule may be read; absent if no secret is permitted. */
  readonly limit?: ReadLimit;
  /** How often jobs may use secrets of this rule; absent if as often as they like. */
  readonly runs?: RunLimit;
}

export interface ReadLimit {
  /** Identifies the rule, also after lines of the file have moved. */
  readonly rule: string;
  readonly perHour: number;
}

export interface RunLimit {
  /** Identifies the rule, also after lines of the file have moved. */
  readonly rule: string;
  /** The rule as decisions name it: `secrets[0]`. */
  readonly place: string;
  readonly runsPerHour: number | undefined;
  readonly callsPerDay: number | undefined;
}

export interface Denied {
  readonly allowed: false;
  readonly rule: string;
  readonly reason: string;
}

export function allow(rule: string): Allowed {
  return { allowed: true, rule };
}

export function deny(rule: string, reason: string): Denied {
  return { allowed: false, rule, reason };
}

/** Denied if any of the decisions is; `empty` decides when the list is empty. */
export function allAllowed(decisions: readonly Decision[], empty: Denied): Decision {
  return decisions.find(({ allowed }) => !allowed) ?? decisions[0] ?? empty;
}

/** The error for a denial. `message` names what was denied. */
export function denial(code: ErrorCode, message: string, { reason }: Denied): RunnerError {
  return new RunnerError(code, `${message}: ${reason}`);
}

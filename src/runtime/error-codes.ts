import { channel } from './error-codes/channel.ts';
import { config } from './error-codes/config.ts';
import { jobs } from './error-codes/jobs.ts';
import { network } from './error-codes/network.ts';
import { output } from './error-codes/output.ts';
import { runtime } from './error-codes/runtime.ts';
import { salesforce } from './error-codes/salesforce.ts';
import { secrets } from './error-codes/secrets.ts';
import { spool } from './error-codes/spool.ts';

/*
 * Every way this program fails, in one closed table. docs/errors.md is generated from it. Exit codes follow the fault
 * unless the code has one of its own, see cli/exit-codes.ts.
 */

/** Grouped as docs/errors.md shows them. */
export const ERROR_GROUPS = {
  runtime,
  config,
  network,
  channel,
  jobs,
  spool,
  secrets,
  salesforce,
  output,
} as const;

export const ERROR_CODES = {
  ...runtime,
  ...config,
  ...network,
  ...channel,
  ...jobs,
  ...spool,
  ...secrets,
  ...salesforce,
  ...output,
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERROR_CODES, text);
}

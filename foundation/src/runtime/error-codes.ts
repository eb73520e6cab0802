import { channel } from './error-codes/channel.ts';
import { config } from './error-codes/config.ts';
import type { CodeEntry, CodeTable } from './error-codes/entry.ts';
import { jobs } from './error-codes/jobs.ts';
import { network } from './error-codes/network.ts';
import { output } from './error-codes/output.ts';
import { runtime } from './error-codes/runtime.ts';
import { secrets } from './error-codes/secrets.ts';
import { signatures } from './error-codes/signatures.ts';
import { spool } from './error-codes/spool.ts';

/*
 * Every way this program fails: one closed table, and the codes that connectors add to it.
 * docs/errors.md is generated from it. Exit codes follow the fault unless the code has one of its
 * own, see cli/exit-codes.ts.
 */

/** Grouped as docs/errors.md shows them. */
const ERROR_GROUPS = {
  runtime,
  config,
  network,
  channel,
  jobs,
  signatures,
  spool,
  secrets,
  output,
} as const;

export const ERROR_CODES = {
  ...runtime,
  ...config,
  ...network,
  ...channel,
  ...jobs,
  ...signatures,
  ...spool,
  ...secrets,
  ...output,
} as const;

/** Codes that connectors add, by declaration merging; docs/extending.md shows how. */
// oxlint-disable-next-line typescript/no-empty-object-type -- connectors merge their codes into it
export interface ConnectorErrorCodes {}

export type ErrorCode = keyof typeof ERROR_CODES | keyof ConnectorErrorCodes;

const groups = new Map<string, CodeTable>(Object.entries(ERROR_GROUPS));

/**
 * Adds the codes of a connector. Call it in a file that is loaded before the connector makes its
 * first error.
 */
export function declareErrorCodes(group: string, codes: CodeTable): void {
  groups.set(group, codes);
}

/** Every group of codes, those of connectors that this process has loaded included. */
export function errorGroups(): ReadonlyMap<string, CodeTable> {
  return groups;
}

export function codeEntry(code: ErrorCode): CodeEntry {
  for (const codes of groups.values()) if (Object.hasOwn(codes, code)) return codes[code]!;
  return ERROR_CODES.INTERNAL;
}

export function isErrorCode(text: string): text is ErrorCode {
  return [...groups.values()].some((codes) => Object.hasOwn(codes, text));
}

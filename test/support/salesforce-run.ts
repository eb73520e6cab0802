import type { Sandbox } from '../../sandbox-org/src/sandbox.ts';
import type { Extracted } from '../../src/connectors/connector.ts';
import { jobWork } from '../../src/connectors/job-work.ts';
import { createSalesforceConnector } from '../../src/connectors/salesforce/connector.ts';
import type { Tuning } from '../../src/connectors/salesforce/api/org.ts';
import type { EntityRecord, StepRecord } from '../../foundation/src/domain/record.ts';
import type { CreateTable } from '../../openmetadata/src/entities.ts';
import { contextFor, type ContextOptions, type RecordedContext } from './connector-context.ts';

/** Pauses too short to be noticed, and patience that suits a test. */
const QUICK: Tuning = {
  pauseMs: 1,
  patienceMs: 300,
  connectMs: 10_000,
  headersMs: 10_000,
  bodyIdleMs: 5000,
  callMs: 20_000,
};
const LONGEST_MS = 250_000;

export interface RunOptions extends Partial<ContextOptions> {
  readonly tuning?: Tuning;
  readonly signal?: AbortSignal;
  readonly onRecord?: (record: Extracted) => void;
}

export interface SalesforceRun extends RecordedContext {
  readonly records: Extracted[];
}

/** Username, password and token of the sandbox, as a connection and its secrets. */
export function soapOptions(sandbox: Sandbox): Pick<ContextOptions, 'connection' | 'secrets'> {
  const { username, password, securityToken } = sandbox.credentials;
  return {
    connection: { username, password: 'x', securityToken: 'x', salesforceDomain: sandbox.myDomain },
    secrets: { password, securityToken },
  };
}

/** Extracts with the real connector. A failure that ends the run is thrown. */
export async function extractFrom(
  sandbox: Sandbox,
  options: RunOptions = {},
): Promise<SalesforceRun> {
  const soap = soapOptions(sandbox);
  const recorded = contextFor(sandbox, {
    ...soap,
    ...options,
    connection:
      options.secrets === undefined
        ? { ...soap.connection, ...options.connection }
        : (options.connection ?? {}),
  });
  const records: Extracted[] = [];
  const connector = createSalesforceConnector({ ...QUICK, ...options.tuning });
  for await (const record of jobWork(connector, 'metadata')(
    recorded.context,
    options.signal ?? AbortSignal.timeout(LONGEST_MS),
  )) {
    records.push(record);
    options.onRecord?.(record);
  }
  return { ...recorded, records };
}

export async function testConnectionOf(
  sandbox: Sandbox,
  options: RunOptions = {},
): Promise<StepRecord[]> {
  const soap = soapOptions(sandbox);
  const { context } = contextFor(sandbox, {
    ...soap,
    ...options,
    connection:
      options.secrets === undefined
        ? { ...soap.connection, ...options.connection }
        : (options.connection ?? {}),
  });
  const steps: StepRecord[] = [];
  const connector = createSalesforceConnector({ ...QUICK, ...options.tuning });
  const test = jobWork(connector, 'test_connection');
  for await (const step of test(context, AbortSignal.timeout(LONGEST_MS))) steps.push(step);
  return steps;
}

export function tablesOf(records: readonly Extracted[]): EntityRecord[] {
  return records
    .filter((record) => record.kind === 'entity')
    .filter(({ type }) => type === 'table');
}

export function tableNames(records: readonly Extracted[]): string[] {
  return tablesOf(records).map(({ request }) => String(request['name']));
}

/** Name and code of each failure. */
export function failuresOf(records: readonly Extracted[]): [string, string][] {
  return records
    .filter((record) => record.kind === 'failure')
    .map(({ failure }) => [failure.name, failure.code]);
}

export function tableNamed(records: readonly Extracted[], name: string): CreateTable {
  const found = tablesOf(records).find(({ request }) => request['name'] === name);
  if (found === undefined) throw new Error(`no table ${name}`);
  return found.request as unknown as CreateTable;
}

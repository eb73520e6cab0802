import { z } from 'zod';
import type { StepRecord } from '../../../foundation/src/domain/record.ts';
import { RunnerError } from './errors/errors.ts';
import type { ConnectorContext } from '../connector.ts';
import { chooseVersion } from './api/api-version.ts';
import { limitsRequest, readLimits } from './api/allocation.ts';
import type { Org } from './api/org.ts';
import { queryAll } from './api/query-pages.ts';
import { listObjects } from './describe/object-list.ts';
import type { Connection } from './sign-in/connection.ts';

interface TestDeps {
  readonly connection: Connection;
  readonly context: Pick<ConnectorContext, 'logger'>;
  readonly org: Org;
}

interface Step {
  readonly name: string;
  readonly description: string;
  readonly mandatory: boolean;
  /** Returns the message of a step that passes. */
  readonly run: (signal: AbortSignal) => Promise<string>;
}

/**
 * Checks what an extraction needs, one step after the other, and ends after the first mandatory
 * step that fails. `CheckAccess` is the step whose name OpenMetadata knows.
 */
export async function* testSteps(
  deps: TestDeps,
  signal: AbortSignal,
): AsyncGenerator<StepRecord, void, undefined> {
  for (const step of stepsOf(deps)) {
    const record = await runStep(step, signal);
    yield record;
    if (!record.passed && record.mandatory) return;
  }
}

async function runStep({ run, ...step }: Step, signal: AbortSignal): Promise<StepRecord> {
  try {
    return { kind: 'step', ...step, passed: true, message: await run(signal) };
  } catch (thrown) {
    const error = RunnerError.from(thrown);
    if (signal.aborted) throw error;
    const { message } = error;
    return { kind: 'step', ...step, passed: false, message, error: error.toFailure() };
  }
}

function stepsOf(deps: TestDeps): Step[] {
  let version = '';
  return [
    {
      name: 'SignIn',
      description: 'Connect to Salesforce and sign in',
      mandatory: true,
      run: (signal) => signIn(deps, signal),
    },
    {
      name: 'ApiVersion',
      description: 'Choose an API version',
      mandatory: true,
      run: async (signal) => {
        version = await agreedVersion(deps, signal);
        return `API version ${version}`;
      },
    },
    {
      name: 'CheckAccess',
      description: 'List the objects that are visible to the user',
      mandatory: true,
      run: (signal) => countObjects(deps, version, signal),
    },
    {
      name: 'ReadDescriptions',
      description: 'Read descriptions from the Tooling API',
      mandatory: false,
      run: (signal) => readDescription(deps, version, signal),
    },
    {
      name: 'CheckLimits',
      description: 'Check how many API calls remain',
      mandatory: false,
      run: (signal) => checkLimits(deps, version, signal),
    },
  ];
}

async function signIn({ connection, org }: TestDeps, signal: AbortSignal): Promise<string> {
  const { organizationId, origin } = await org.sessions.current(signal);
  return `signed in at ${connection.endpoint.host} to org ${organizationId} at ${origin}`;
}

function agreedVersion(
  { connection, context, org }: TestDeps,
  signal: AbortSignal,
): Promise<string> {
  return chooseVersion(org.api, connection.apiVersion, context.logger, signal);
}

async function countObjects(
  { org }: TestDeps,
  version: string,
  signal: AbortSignal,
): Promise<string> {
  const objects = await listObjects(org.api, version, signal);
  return `${objects.length} objects are visible to the user`;
}

async function readDescription(
  { org }: TestDeps,
  version: string,
  signal: AbortSignal,
): Promise<string> {
  const query =
    "SELECT QualifiedApiName, Description FROM EntityDefinition WHERE QualifiedApiName IN ('Account')";
  try {
    const rows = await queryAll(
      { api: org.api, version, what: 'query of EntityDefinition' },
      query,
      z.object({ QualifiedApiName: z.string() }),
      signal,
    );
    return rows.length === 0
      ? 'descriptions are readable; the user cannot see Account'
      : 'descriptions are readable';
  } catch (thrown) {
    const error = RunnerError.from(thrown);
    throw new RunnerError(error.code, error.message, {
      cause: thrown,
      remedy:
        'Give the user the permission View Setup and Configuration. Without it, tables and columns have no descriptions.',
    });
  }
}

async function checkLimits(
  { org }: TestDeps,
  version: string,
  signal: AbortSignal,
): Promise<string> {
  const { max, remaining } = await org.api.jsonAs(limitsRequest(version), readLimits, signal);
  if (remaining <= 0)
    throw new RunnerError(
      'SALESFORCE_LIMIT_REACHED',
      `no API calls remain of the ${max} allowed in 24 hours`,
    );
  return `${remaining} of ${max} API calls in 24 hours remain`;
}

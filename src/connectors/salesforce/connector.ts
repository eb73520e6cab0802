import type { StepRecord } from '../../../foundation/src/domain/record.ts';
import type { Connector, ConnectorContext, Extracted } from '../connector.ts';
import { CallBudget } from './api/budget.ts';
import { accountOf } from './sign-in/account.ts';
import { AUTHORITY_FIELDS, FILE_FIELDS, SECRET_FIELDS } from './sign-in/connection-schema.ts';
import { parseConnection } from './sign-in/connection.ts';
import { testSteps } from './connection-test.ts';
import { extractMetadata, SCHEMA } from './extraction/extraction.ts';
import { openOrg, type Org, type Tuning } from './api/org.ts';
import { permittedJob } from './options/permitted-job.ts';
import { placeNames } from './options/place.ts';
import { ProgressReport } from './extraction/progress-report.ts';

/** A user waits for a connection test in a dialog that closes after three minutes. */
const TEST_TUNING: Tuning = { patienceMs: 20_000, headersMs: 45_000, callMs: 60_000 };

/** The Salesforce connector. `tuning` changes limits whose defaults suit any org. */
export function createSalesforceConnector(tuning: Tuning = {}): Connector {
  return {
    type: 'Salesforce',
    secretFields: SECRET_FIELDS,
    fileFields: FILE_FIELDS,
    authorityFields: AUTHORITY_FIELDS,
    endpoints: (connection) => [parseConnection(connection).endpoint],
    account: (connection) => accountOf(parseConnection(connection)),
    ownNames: ({ source }) => {
      const { databaseSchema, database, service } = placeNames({
        service: source.serviceName,
        database: parseConnection(source.serviceConnection.config).databaseName,
        schema: SCHEMA,
      });
      return [service, database, databaseSchema];
    },
    jobs: {
      metadata: (context, signal) => extract(context, tuning, signal),
      test_connection: (context, signal) => testConnection(context, tuning, signal),
    },
  };
}

async function* extract(
  context: ConnectorContext,
  tuning: Tuning,
  signal: AbortSignal,
): AsyncGenerator<Extracted, void, undefined> {
  const connection = parseConnection(context.workflow.source.serviceConnection.config);
  const progress = new ProgressReport(context);
  const org: Org = openOrg(
    {
      connection,
      context,
      tuning,
      onCall: () => progress.calls(org.calls()),
      onWait: (wait) => progress.wait(wait),
    },
    signal,
  );
  try {
    yield* extractMetadata({ connection, context: permittedJob(context), org, progress }, signal);
  } finally {
    await org.close();
  }
}

async function* testConnection(
  context: ConnectorContext,
  tuning: Tuning,
  signal: AbortSignal,
): AsyncGenerator<StepRecord, void, undefined> {
  const connection = parseConnection(context.workflow.source.serviceConnection.config);
  const progress = new ProgressReport(context);
  const org = openOrg(
    {
      connection,
      context,
      tuning: { ...TEST_TUNING, ...tuning },
      // What runs leave to others is also for tests.
      budget: new CallBudget({ ...context.limits, reservePercent: 0 }),
      onWait: (wait) => progress.wait(wait),
    },
    signal,
  );
  try {
    yield* testSteps({ connection, context, org }, signal);
  } finally {
    await org.close();
  }
}

import { z } from 'zod';
import type { Logger } from '../../../observability/logger.ts';
import { RunnerError } from '../errors/errors.ts';
import { notWhole } from './pages.ts';
import { MAX_TRIES, VERSIONS_PATH, type SalesforceApi } from './api.ts';

/** The newest version this program has been tested with; what an org offers beyond is not used unless asked for. */
export const NEWEST_TESTED = 68;
/** 30.0 and below were retired in Summer '25; 31.0 is the first that lives. */
const OLDEST_LIVING = 31;

const WHAT = 'the list of API versions';
const versionsSchema = z.array(z.object({ version: z.string().regex(/^\d{1,3}\.0$/) })).nonempty();

function readVersions(body: unknown): z.infer<typeof versionsSchema> {
  const parsed = versionsSchema.safeParse(body);
  if (!parsed.success) throw notWhole(WHAT, 'it is no list of versions');
  return parsed.data;
}

/**
 * The version to speak: the one asked for, if the org offers it, else the newest it offers up to the newest tested.
 * Throws SALESFORCE_VERSION_UNSUPPORTED.
 */
export async function chooseVersion(
  api: SalesforceApi,
  asked: string | undefined,
  logger: Logger,
  signal: AbortSignal,
): Promise<string> {
  if (asked !== undefined && Number.parseInt(asked, 10) < OLDEST_LIVING) {
    throw new RunnerError(
      'SALESFORCE_VERSION_UNSUPPORTED',
      'the API version of salesforceApiVersion has been retired by Salesforce (30.0 and below in Summer ’25)',
    );
  }
  const versions = await api.jsonAs(
    { method: 'GET', path: VERSIONS_PATH, what: WHAT, tries: MAX_TRIES },
    readVersions,
    signal,
  );
  const offered = versions
    .map(({ version }) => version)
    .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
  const newest = offered.findLast((version) => Number.parseInt(version, 10) <= NEWEST_TESTED);
  if (newest === undefined)
    throw new RunnerError(
      'SALESFORCE_VERSION_UNSUPPORTED',
      'the org offers no API version that this program knows',
      { remedy: 'Update the runner.' },
    );
  if (asked === undefined) return newest;
  if (!offered.includes(asked))
    throw new RunnerError(
      'SALESFORCE_VERSION_UNSUPPORTED',
      `the org offers API versions ${offered[0]} to ${offered.at(-1)}, and not that of salesforceApiVersion`,
    );
  if (asked !== newest)
    logger.log(
      'info',
      'An older API version is used as the connection asks; leave salesforceApiVersion out for the newest',
      { newest },
    );
  return asked;
}

import { z } from 'zod';
import type { Logger } from '../../../../foundation/src/logging/logger.ts';
import { RunnerError } from '../errors/errors.ts';
import type { SalesforceApi } from './api.ts';
import { incomplete } from './pages.ts';
import { MAX_TRIES, VERSIONS_PATH } from './request.ts';

/** The newest version that this program is tested with. A newer one is used only on request. */
export const NEWEST_TESTED = 68;
/** Salesforce retired 30.0 and below in Summer '25. */
const OLDEST_SUPPORTED = 31;

const WHAT = 'the list of API versions';
const versionsSchema = z.array(z.object({ version: z.string().regex(/^\d{1,3}\.0$/) })).nonempty();

function readVersions(body: unknown): z.infer<typeof versionsSchema> {
  const parsed = versionsSchema.safeParse(body);
  if (!parsed.success) throw incomplete(WHAT, 'not a list of versions');
  return parsed.data;
}

/**
 * The API version to use: the requested one if the org offers it; by default the newest that the
 * org offers and this program is tested with. Throws SALESFORCE_VERSION_UNSUPPORTED.
 */
export async function chooseVersion(
  api: SalesforceApi,
  requested: string | undefined,
  logger: Logger,
  signal: AbortSignal,
): Promise<string> {
  if (requested !== undefined && majorOf(requested) < OLDEST_SUPPORTED)
    throw unsupported(
      'salesforceApiVersion names a version that Salesforce has retired (30.0 and below, Summer ’25)',
    );
  const offered = await listVersions(api, signal);
  const newest = offered.findLast((version) => majorOf(version) <= NEWEST_TESTED);
  if (newest === undefined)
    throw unsupported(
      'the org offers no API version that this program supports',
      'Update the runner.',
    );
  if (requested === undefined || requested === newest) return newest;
  if (!offered.includes(requested))
    throw unsupported(
      `the org offers API versions ${offered[0]} to ${offered.at(-1)}, but not the one in salesforceApiVersion`,
    );
  logger.log(
    'info',
    'salesforceApiVersion is not the newest supported version; remove it to use the newest',
    { requested, newest },
  );
  return requested;
}

/** In ascending order. */
async function listVersions(api: SalesforceApi, signal: AbortSignal): Promise<readonly string[]> {
  const versions = await api.jsonAs(
    { method: 'GET', path: VERSIONS_PATH, what: WHAT, tries: MAX_TRIES },
    readVersions,
    signal,
  );
  return versions.map(({ version }) => version).sort((a, b) => majorOf(a) - majorOf(b));
}

function majorOf(version: string): number {
  return Number.parseInt(version, 10);
}

function unsupported(message: string, remedy?: string): RunnerError {
  return new RunnerError(
    'SALESFORCE_VERSION_UNSUPPORTED',
    message,
    remedy === undefined ? {} : { remedy },
  );
}

import type { Extracted } from '../../connector.ts';
import { chooseVersion } from '../api/api-version.ts';
import { readAllocation } from '../api/allocation.ts';
import { withinBudget } from '../api/within-budget.ts';
import { listObjectsSince } from '../describe/object-list.ts';
import { IncrementalState } from '../incremental/incremental-state.ts';
import { parseStoredState } from '../incremental/stored-state.ts';
import type { Place } from '../options/place.ts';
import { readSourceOptions } from '../options/source-options.ts';
import { extractListedObjects } from './listed-objects.ts';
import { parentRecords } from './parent-records.ts';
import type { ExtractionDeps, RunContext, RunSettings } from './run-context.ts';
import { logFilteredOut, logIgnoredOptions, logUsage } from './run-log.ts';
import { extractUnchangedOrg } from './unchanged-org.ts';

export const SCHEMA = 'salesforce';

/**
 * One metadata run over one org as a stream of records: service, database and schema first, then
 * tables and failures in the order they become ready, then what depends on all tables. Throws
 * JOB_INVALID for invalid options before the first call.
 */
export async function* extractMetadata(
  deps: ExtractionDeps,
  signal: AbortSignal,
): AsyncGenerator<Extracted, void, undefined> {
  const settings = settingsOf(deps);
  logIgnoredOptions(settings);
  if (settings.options.databasePasses && settings.options.schemaPasses)
    yield* withinBudget(extractOrg(settings, signal), deps.context.logger);
  else logFilteredOut(settings);
}

function settingsOf(deps: ExtractionDeps): RunSettings {
  const { serviceName, sourceConfig } = deps.context.workflow.source;
  const place: Place = {
    service: serviceName,
    database: deps.connection.databaseName,
    schema: SCHEMA,
  };
  return { ...deps, place, options: readSourceOptions(sourceConfig.config, place) };
}

async function* extractOrg(
  settings: RunSettings,
  signal: AbortSignal,
): AsyncGenerator<Extracted, void, undefined> {
  const { org, place } = settings;
  const run = await startRun(settings, signal);
  const { version, state } = run;
  const since = state.complete ? state.since : undefined;
  const listing = await listObjectsSince(org.api, version, since, signal);
  await learnAllocation(run, signal);
  yield* parentRecords(place, run.origin);
  if (listing === 'unchanged') yield* extractUnchangedOrg(run, signal);
  else yield* extractListedObjects(run, listing, signal);
  logUsage(run);
}

/** Signs in, agrees on an API version and loads the state of the previous run. */
async function startRun(settings: RunSettings, signal: AbortSignal): Promise<RunContext> {
  const { connection, context, org, progress } = settings;
  progress.at('sign-in', 0, 1);
  const { origin } = await org.sessions.current(signal);
  const version = await chooseVersion(org.api, connection.apiVersion, context.logger, signal);
  progress.at('catalog', 0, 1);
  return { ...settings, version, origin, state: await loadState(settings, version) };
}

/**
 * What the org has left must be known before the bulk of the calls. The answer with the list of
 * objects says it, so that only an org whose answers do not is asked.
 */
async function learnAllocation(
  { org, version, context }: RunContext,
  signal: AbortSignal,
): Promise<void> {
  if (org.api.usage === undefined) await readAllocation(org.api, version, context.logger, signal);
}

async function loadState(
  { context, options }: RunSettings,
  version: string,
): Promise<IncrementalState> {
  const { stateStore, clock, workflow } = context;
  // Everything that determines the result of a run, so that state of a different job is not used.
  const key = [version, workflow.source];
  const now = clock.now();
  const previous = options.incremental
    ? await stateStore?.load((stored) => parseStoredState(stored, key, now))
    : undefined;
  return new IncrementalState(previous, key, now);
}

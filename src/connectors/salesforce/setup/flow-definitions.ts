import { errorFields } from '../../../../foundation/src/runtime/error-fields.ts';
import type { Logger } from '../../../../foundation/src/logging/logger.ts';
import type { SalesforceApi } from '../api/api.ts';
import { readMetadata } from '../api/metadata.ts';
import { rethrowIfRunEnds } from '../api/run-ending.ts';

export interface FlowDefinitionsDeps {
  readonly api: SalesforceApi;
  readonly version: string;
  readonly logger: Logger;
}

const MAX_FLOWS = 100;

/**
 * The definitions of flow versions, as the JSON of their metadata, by version id. Reads the first
 * `max` of them. Throws only errors that end the run.
 */
export async function readFlowDefinitions(
  { api, version, logger }: FlowDefinitionsDeps,
  versionIds: readonly string[],
  signal: AbortSignal,
  max: number = MAX_FLOWS,
): Promise<ReadonlyMap<string, string>> {
  const definitions = new Map<string, string>();
  const requested = versionIds.slice(0, max);
  if (requested.length < versionIds.length)
    logIncomplete(logger, 'limit', versionIds.length, requested.length);
  const components = requested.map((id) => ({ key: id, table: 'Flow' as const, id }));
  const target = { api, version, what: 'flow definitions' };
  try {
    for await (const { key, metadata } of readMetadata(target, components, signal))
      if (metadata !== undefined) definitions.set(key, JSON.stringify(metadata, undefined, 2));
  } catch (thrown) {
    const error = rethrowIfRunEnds(thrown, signal);
    logger.log('warn', 'failed to read flow definitions', errorFields(error));
  }
  if (definitions.size < requested.length)
    logIncomplete(logger, 'not returned', requested.length, definitions.size);
  return definitions;
}

function logIncomplete(
  logger: Logger,
  reason: 'limit' | 'not returned',
  requested: number,
  read: number,
): void {
  logger.log('info', 'flow definitions incomplete', { reason, requested, read });
}

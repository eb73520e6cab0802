/**
 * Whether the server's catalog of a service is still what the last complete relay left. A run may
 * leave out what has not changed in the source only if it is; otherwise it is a full run.
 */
import type { CatalogMark, Relay } from '../../store/relay.ts';
import type { CatalogApi } from '../server/catalog-api.ts';
import { changeSince, countContents } from '../server/catalog-contents.ts';
import { pipelineStateOf } from '../server/pipeline-status.ts';
import { readService } from '../server/services.ts';

const FINAL_STATES: ReadonlySet<string> = new Set(['success', 'partialSuccess']);

/** The mark after a complete relay. `at` is the time of the server's clock after the last write. */
export async function takeMark(
  api: CatalogApi,
  relay: Relay,
  at: number,
  signal: AbortSignal,
): Promise<CatalogMark | undefined> {
  const { endpoint, service, pipelineFqn, pipelineRunId } = relay;
  const present = await readService(api, service, signal);
  if (present === undefined) return undefined;
  const counts = await countContents(api, service, signal);
  return { endpoint, service, serviceId: present.id, pipelineFqn, pipelineRunId, counts, at };
}

/**
 * What differs from the mark, in words for the log; undefined when the catalog is as it was left.
 */
export async function differenceFrom(
  api: CatalogApi,
  mark: CatalogMark,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { service, pipelineFqn, pipelineRunId } = mark;
  const present = await readService(api, service, signal);
  if (present === undefined) return 'the service is gone';
  if (present.id !== mark.serviceId) return 'the service was made again';
  const state = await pipelineStateOf(api, pipelineFqn, pipelineRunId, signal);
  if (state === undefined || !FINAL_STATES.has(state))
    return 'the server does not know the previous run: it may have been restored from a backup';
  const counts = await countContents(api, service, signal);
  const collection = Object.keys({ ...mark.counts, ...counts }).find(
    (name) => (mark.counts[name] ?? 0) !== (counts[name] ?? 0),
  );
  if (collection !== undefined)
    return `the number of ${collection} is ${counts[collection] ?? 0}, not ${mark.counts[collection] ?? 0}`;
  const changed = await changeSince(api, service, mark.at + 1, signal);
  return changed === undefined ? undefined : `${changed} was changed or deleted`;
}

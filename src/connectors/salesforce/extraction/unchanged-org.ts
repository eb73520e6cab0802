import type { Extracted } from '../../connector.ts';
import type { ListedObject } from '../describe/object-list.ts';
import { retryFailed } from '../incremental/retry-failed.ts';
import { failureRecord, missingObjectRecords } from './failure-records.ts';
import type { RunContext } from './run-context.ts';
import { extractTables } from './table-records.ts';
import { unchangedRecords } from './unchanged-records.ts';

/**
 * The org has not changed since the previous run, which covered all objects. Only the objects that
 * failed then are retried, because the reason may have passed.
 */
export async function* extractUnchangedOrg(
  run: RunContext,
  signal: AbortSignal,
): AsyncGenerator<Extracted, void, undefined> {
  const { context, progress, state } = run;
  const { names, failed, missing, since = '' } = state;
  const selected = [...names, ...failed.map(({ name }) => name)];
  for (const name of names) state.carryOver(name);
  context.logger.log('info', 'org unchanged since the previous run', {
    objects: selected.length,
    failed: failed.length,
    since,
  });
  yield* missingObjectRecords(run.connection, missing);
  yield* unchangedRecords(run, names);
  try {
    yield* extractFailed(run, failed, selected, signal);
  } finally {
    context.stateStore?.save(state.snapshot(since, selected.length, missing));
  }
  progress.at('mapping', selected.length, selected.length);
}

async function* extractFailed(
  run: RunContext,
  objects: readonly ListedObject[],
  selected: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<Extracted, void, undefined> {
  const { api, limit, pause } = run.org;
  const { readable, failed } = await retryFailed(
    objects,
    { api, version: run.version, limit, pause },
    signal,
  );
  for (const { listed, error } of failed) {
    run.state.markFailed(listed);
    yield failureRecord(listed.name, error);
  }
  if (readable.length === 0) return;
  const scope = { objects: readable, since: () => undefined, selected, listed: undefined };
  yield* extractTables(run, scope, signal);
}

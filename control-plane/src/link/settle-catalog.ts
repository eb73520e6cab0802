import { applyFindings } from '../catalog/findings.ts';
import { isBuiltOn, revisionAfter, settledBy } from '../catalog/catalog-state.ts';
import type { Deps } from '../deps.ts';
import { end, abandonAttempt, type Run } from '../runs/run.ts';
import { momentOf } from '../runtime/clock.ts';
import { ControlPlaneError } from '../runtime/errors.ts';
import type { Attempt, Transaction } from '../store/store.ts';

/**
 * Applies the findings of a successful attempt, and gives the catalog its next revision. If the
 * catalog has changed since the attempt's base revision, the attempt is abandoned and the next one
 * is a full run.
 */
export async function settleCatalog(
  tx: Transaction,
  deps: Deps,
  run: { readonly before: Run; readonly after: Run },
  attempt: Attempt,
  { builtOn, outcomeLine }: { readonly builtOn: string | undefined; readonly outcomeLine: string },
): Promise<Run> {
  const { service } = run.before;
  if (!(await isComplete(tx, service, attempt, builtOn))) return abandonStale(deps, run.before);
  const { ended, complete } = await applyAndEnd(tx, deps, run.after, attempt);
  const state = settledBy(
    await tx.catalogStates.get(service),
    attempt,
    revisionAfter(ended.id, attempt.epoch, outcomeLine),
  );
  await tx.catalogStates.save(complete ? state : { ...state, revision: '', keeper: null });
  return ended;
}

/**
 * Whether the catalog contains everything that the attempt left out. An attempt with `unchanged`
 * records must name its base.
 */
async function isComplete(
  tx: Transaction,
  service: string,
  attempt: Attempt,
  builtOn: string | undefined,
): Promise<boolean> {
  if (builtOn !== undefined)
    return isBuiltOn(await tx.catalogStates.get(service), attempt.generation, builtOn);
  if ((await tx.records.kindsAmong(attempt.runId, ['unchanged'])).length === 0) return true;
  const page = { after: 0, limit: 1 };
  const unchanged = await tx.records.ofAttempt(attempt.runId, attempt.epoch, page, 'unchanged');
  return unchanged.length === 0;
}

function abandonStale(deps: Deps, run: Run): Run {
  const reason = new ControlPlaneError(
    'CATALOG_MOVED',
    'the run was based on a catalog revision that is no longer current',
  );
  const { maxAttempts } = deps.limits;
  return abandonAttempt(run, reason.body(), { at: momentOf(deps.clock), maxAttempts });
}

/**
 * A run that reports unchanged entities missing from the catalog is only a partial success: runner
 * and store disagree.
 */
async function applyAndEnd(
  tx: Transaction,
  deps: Deps,
  run: Run,
  attempt: Attempt,
): Promise<{ readonly ended: Run; readonly complete: boolean }> {
  const now = deps.clock.now();
  const { removed, unknown } = await applyFindings(tx, run, attempt, now);
  if (removed > 0)
    deps.log.info(
      { run: run.id, entities: removed },
      'marked entities as deleted: no longer in the source',
    );
  if (unknown === 0) return { ended: run, complete: true };
  if (run.status.state !== 'success') return { ended: run, complete: false };
  const entities = unknown === 1 ? '1 entity' : `${unknown} entities`;
  const error = new ControlPlaneError(
    'CATALOG_INCOMPLETE',
    `the catalog lacks ${entities} that the runner reported as unchanged`,
  );
  return { ended: end(run, 'partialSuccess', now, error.body()), complete: false };
}

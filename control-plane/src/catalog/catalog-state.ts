/**
 * The state of a service's catalog. Invariants:
 * - Each change to the catalog and the change of its state are in one transaction.
 * - While an attempt changes the catalog, the catalog has no revision. It has one again once that
 *   attempt's outcome has confirmed its whole stream and its findings have been applied.
 * - A revision is a digest of the stream that led to it, so two stores with the same revision have
 *   the same contents.
 * - Generations increase with each assignment of a run of the service. A lower generation never
 *   overrides a higher one.
 */
import { hash } from 'node:crypto';

export interface CatalogState {
  readonly service: string;
  /** Empty when unknown: the next run must be a full run. */
  readonly revision: string;
  /** The runner whose run led to the revision and that remembers this state; null for none. */
  readonly keeper: string | null;
  /** The last allocated generation; 0 for none. */
  readonly lastGeneration: number;
  /** The highest generation that has changed the catalog. */
  readonly newestGeneration: number;
  /** The highest generation whose run succeeded. */
  readonly completedGeneration: number;
  /**
   * The attempt that last changed the catalog, and the revision before its changes; null when the
   * catalog has a revision.
   */
  readonly writer: { readonly generation: number; readonly from: string } | null;
}

export function unknownState(service: string): CatalogState {
  return {
    service,
    revision: '',
    keeper: null,
    lastGeneration: 0,
    newestGeneration: 0,
    completedGeneration: 0,
    writer: null,
  };
}

/** Allocates the next generation, which is then `lastGeneration`. */
export function allocateGeneration(state: CatalogState): CatalogState {
  return { ...state, lastGeneration: state.lastGeneration + 1 };
}

/** The state after an attempt changed the catalog. */
export function changedBy(state: CatalogState, generation: number): CatalogState {
  if (state.writer?.generation === generation) return state;
  return {
    ...state,
    revision: '',
    keeper: null,
    newestGeneration: Math.max(state.newestGeneration, generation),
    writer: { generation, from: state.revision },
  };
}

/**
 * The state after the catalog was deleted: no runner remembers it, and generations keep increasing.
 */
export function deleted(state: CatalogState): CatalogState {
  return { ...state, revision: '', keeper: null, writer: null };
}

/**
 * Whether the catalog had this revision until the attempt changed it, and no other attempt has
 * changed it since.
 */
export function isBuiltOn(state: CatalogState, generation: number, revision: string): boolean {
  const from = state.writer?.generation === generation ? state.writer.from : state.revision;
  return revision !== '' && from === revision;
}

/**
 * The state after an attempt succeeded and its findings were applied. Where a newer attempt has
 * changed the catalog, the revision stays unknown.
 */
export function settledBy(
  state: CatalogState,
  { generation, runnerId }: { readonly generation: number; readonly runnerId: string },
  revision: string,
): CatalogState {
  const completedGeneration = Math.max(state.completedGeneration, generation);
  return generation < state.newestGeneration
    ? { ...state, completedGeneration }
    : {
        ...state,
        revision,
        keeper: runnerId,
        newestGeneration: generation,
        completedGeneration,
        writer: null,
      };
}

/**
 * The revision that an attempt leads to. `outcome` is its last record, without the newline.
 * docs/protocol.md defines the rule for both sides.
 */
export function revisionAfter(runId: string, epoch: number, outcome: string): string {
  return hash('sha256', `hybrid-runner/catalog/v1\n${runId}\n${epoch}\n${outcome}\n`);
}

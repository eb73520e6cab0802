/**
 * The state of a service's catalog, by name. Invariants:
 * - Every change to the catalog and the change of its state are in one transaction.
 * - While an attempt's changes come in, the catalog has no revision. It has one again when that attempt's outcome has
 *   vouched for its whole stream and its findings have been applied.
 * - A revision is a digest of the stream that led to it, so two stores with the same revision hold the same.
 * - Generations grow with each assignment of a run of the service. What one told is never undone by a lower one.
 */
import { createHash } from 'node:crypto';

export interface CatalogState {
  readonly service: string;
  /** Empty while there is none: the next run must be whole. */
  readonly revision: string;
  /** The runner whose run led to the revision: it remembers what the catalog has. Null when there is none. */
  readonly keeper: string | null;
  /** The last generation that was given out; 0 for none. */
  readonly drawn: number;
  /** The highest generation that has changed the catalog. */
  readonly newest: number;
  /** The highest generation whose run ended well. */
  readonly vouched: number;
  /** The attempt that changed the catalog last, with the revision that its changes began from; null when the catalog has a revision. */
  readonly writer: { readonly generation: number; readonly from: string } | null;
}

export function unknownState(service: string): CatalogState {
  return { service, revision: '', keeper: null, drawn: 0, newest: 0, vouched: 0, writer: null };
}

/** Gives out the next generation; `drawn` is it. */
export function drawGeneration(state: CatalogState): CatalogState {
  return { ...state, drawn: state.drawn + 1 };
}

/** An attempt has changed the catalog. */
export function changedBy(state: CatalogState, generation: number): CatalogState {
  if (state.writer?.generation === generation) return state;
  return {
    ...state,
    revision: '',
    keeper: null,
    newest: Math.max(state.newest, generation),
    writer: { generation, from: state.revision },
  };
}

/** The catalog has been deleted: no runner's memory describes it, and generations go on growing. */
export function deleted(state: CatalogState): CatalogState {
  return { ...state, revision: '', keeper: null, writer: null };
}

/** Whether the catalog was in that state until this attempt began to change it, and nobody else has changed it since. */
export function isBuiltOn(state: CatalogState, generation: number, revision: string): boolean {
  const from = state.writer?.generation === generation ? state.writer.from : state.revision;
  return revision !== '' && from === revision;
}

/** An attempt has ended well, and all that it told is in the catalog, except where a newer one had told otherwise: then nobody knows what it adds up to. */
export function settledBy(
  state: CatalogState,
  { generation, runnerId }: { readonly generation: number; readonly runnerId: string },
  revision: string,
): CatalogState {
  const vouched = Math.max(state.vouched, generation);
  return generation < state.newest
    ? { ...state, vouched }
    : { ...state, revision, keeper: runnerId, newest: generation, vouched, writer: null };
}

/** The revision that an attempt leads to; its last record is `outcome`, a line without its newline. docs/protocol.md has this rule for both sides. */
export function revisionAfter(runId: string, epoch: number, outcome: string): string {
  return createHash('sha256')
    .update(`hybrid-runner/catalog/v1\n${runId}\n${epoch}\n${outcome}\n`)
    .digest('hex');
}

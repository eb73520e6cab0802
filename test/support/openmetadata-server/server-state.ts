import type { SlowBulks } from './slow-bulks.ts';
import type { Json } from './store.ts';

export interface Request {
  readonly method: string;
  /** Below `/api/v1`, decoded part by part. */
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly ifMatch: string | undefined;
}

export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly etag?: string;
}

/** State of the server beside its entities. */
export interface ServerState {
  readonly lineage: Map<string, Json>;
  readonly profiles: Map<string, Json>;
  readonly samples: Map<string, Json>;
  readonly statuses: Json[];
  readonly pipelines: Set<string>;
  /** Whether `/tables/bulk` exists. */
  bulk: boolean;
  /** Whether it can be asked to work in the background, as since 1.12. */
  background: boolean;
  /** Bulk requests carried out in the background so far. */
  backgroundJobs: number;
  /** New tables that a background job has stored only in part. */
  readonly unfinished: Set<string>;
  /** How long bulk requests take; undefined for no time. */
  slowBulks?: SlowBulks;
}

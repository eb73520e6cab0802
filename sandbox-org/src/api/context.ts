import type { Faults } from '../control/faults.ts';
import type { Latency } from '../control/latency.ts';
import type { Stats } from '../control/stats.ts';
import type { Usage } from '../control/usage.ts';
import type { Org } from '../org/org.ts';
import type { Cursors } from '../query/cursors.ts';
import type { DataSources } from '../query/data-sources.ts';
import type { DescribeStore } from './describe-store.ts';
import type { ApiAnswer, ApiRequest } from './message.ts';

/** Collaborators of the API's handlers. */
export interface ApiContext {
  readonly org: Org;
  readonly describes: DescribeStore;
  readonly sources: DataSources;
  readonly cursors: Cursors;
  readonly faults: Faults;
  readonly latency: Latency;
  readonly usage: Usage;
  readonly stats: Stats;
  /** Serves a subrequest. */
  readonly serve: (request: ApiRequest) => Promise<ApiAnswer>;
}

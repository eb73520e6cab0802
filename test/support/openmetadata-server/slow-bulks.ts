import { NEVER } from '../../../foundation/src/runtime/abort.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import type { Json } from './store.ts';

export interface BulkCosts {
  /** Milliseconds for each column of a new table. */
  readonly create: number;
  /** Milliseconds for each column of a table that changes: far more, on a real server. */
  readonly update: number;
}

const SLICES = 20;

/**
 * How long bulk requests take: they share one processor, and each goes on when its client has given
 * up. So a request that is sent again on top of itself makes both take twice as long.
 */
export class SlowBulks {
  readonly #clock: Clock;
  readonly #costs: BulkCosts;
  #active = 0;
  /** Highest number of requests in progress at once. */
  most = 0;

  constructor(clock: Clock, costs: BulkCosts) {
    this.#clock = clock;
    this.#costs = costs;
  }

  /** Takes the time of a request. `known` tells which tables there are. */
  async take(requests: readonly Json[], known: (request: Json) => boolean): Promise<void> {
    const cost = requests
      .map((request) => {
        const columns = (request['columns'] as readonly unknown[] | undefined)?.length ?? 0;
        return columns * (known(request) ? this.#costs.update : this.#costs.create);
      })
      .reduce((sum, each) => sum + each, 0);
    this.#active += 1;
    this.most = Math.max(this.most, this.#active);
    for (let slice = 0; slice < SLICES; slice++)
      await this.#clock.sleep((cost / SLICES) * this.#active, NEVER);
    this.#active -= 1;
  }
}

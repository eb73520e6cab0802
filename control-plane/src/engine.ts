import type { Deps } from './deps.ts';
import { SharedCredit } from './link/credit.ts';
import { Delivery } from './link/delivery.ts';
import { LeaseRenewals } from './link/lease-renewals.ts';
import { Registry } from './link/registry.ts';
import type { SessionDeps } from './link/session-deps.ts';
import { Session } from './link/session.ts';
import type { Wire } from './link/wire.ts';
import { earliestExclusiveOffer, restampDeadlines } from './runs/deadlines.ts';
import { Dispatcher } from './runs/dispatcher.ts';
import { Retention } from './runs/retention.ts';
import { Scheduler } from './schedules/scheduler.ts';
import { starterByOrigin, type ScheduledStarter } from './schedules/starter.ts';

/** A control plane without its port. */
export interface Engine {
  readonly registry: Registry;
  /** Takes over a runner's connection. */
  accept(wire: Wire): void;
  /**
   * Recomputes the deadlines in the store, runs until the signal aborts, then closes the sessions
   * and stores what they delivered. `startManaged` starts the scheduled runs of pipelines that
   * OpenMetadata manages.
   */
  run(signal: AbortSignal, startManaged?: ScheduledStarter): Promise<void>;
}

/** `authorities` are host:port in lower case, as runners may dial it. */
export function createEngine(deps: Deps, authorities: ReadonlySet<string>): Engine {
  const registry = new Registry();
  const delivery = new Delivery(deps);
  const renewals = new LeaseRenewals(deps);
  const shared = { registry, delivery, renewals, sharedCredit: new SharedCredit() };
  const sessions = new Sessions({ ...deps, ...shared, authorities });
  return {
    registry,
    accept: (wire) => sessions.accept(wire),
    run: async (signal, startManaged) => {
      await restampDeadlines(deps);
      const exclusiveFrom = await earliestExclusiveOffer(deps);
      await Promise.all([
        new Dispatcher(deps, registry, exclusiveFrom).run(signal),
        new Retention(deps).run(signal),
        renewals.run(signal),
        registry.lastSeen.run(deps, signal),
        new Scheduler(deps, starterByOrigin(deps, startManaged)).run(signal),
      ]);
      await sessions.close();
      await delivery.idle();
    },
  };
}

/** Every open runner connection, welcomed or not. */
class Sessions {
  readonly #deps: SessionDeps;
  readonly #open = new Map<Session, Promise<void>>();
  #closing = false;

  constructor(deps: SessionDeps) {
    this.#deps = deps;
  }

  accept(wire: Wire): void {
    if (this.#closing) return wire.close('shutting down');
    const session = new Session(this.#deps, wire);
    this.#open.set(
      session,
      session.run().finally(() => this.#open.delete(session)),
    );
  }

  async close(): Promise<void> {
    this.#closing = true;
    const ended = [...this.#open.values()];
    for (const session of this.#open.keys()) session.close('shutting down');
    await Promise.all(ended);
  }
}

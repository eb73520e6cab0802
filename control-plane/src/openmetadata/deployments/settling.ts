import type { Deps } from '../../deps.ts';
import { SCHEDULES } from '../../runtime/change-hub.ts';
import type { Transaction } from '../../store/store.ts';
import type { Deployment } from '../deployed-pipelines.ts';
import { dropUnusedServices, saveDefinitions } from './definitions.ts';

/** How often services wait for the end of their last run, and failures are repeated. */
const TICK_MS = 60_000;
const TOPIC = 'openmetadata-deployments';

type SettlingDeps = Pick<Deps, 'store' | 'clock' | 'changes' | 'limits' | 'log'>;

/** Lets deployments take effect after their quiet; those of before a restart at once. */
export class Settling {
  readonly #deps: SettlingDeps;
  /** Monotonic times until which deployments of this process are quiet. */
  readonly #quietUntil = new Map<string, number>();
  /** Endpoints with services that wait for the end of a run. */
  readonly #leaving = new Set<string>();

  constructor(deps: SettlingDeps) {
    this.#deps = deps;
  }

  /** A deployment was stored: its quiet starts again. */
  deployed({ endpoint, id }: Deployment): void {
    const { clock, changes, limits } = this.#deps;
    this.#quietUntil.set(keyOf(endpoint, id), clock.monotonic() + limits.deployQuietMs);
    changes.changed(TOPIC);
  }

  /** A deployment was dropped while a run of its service was active. */
  left(endpoint: string): void {
    this.#leaving.add(endpoint);
  }

  /**
   * Lets the newest state of a deployment take effect now and returns it; undefined when it is
   * gone. Throws CONFLICT when a name was taken meanwhile.
   */
  async settle(endpoint: string, id: string): Promise<Deployment | undefined> {
    const { store, changes } = this.#deps;
    this.#quietUntil.delete(keyOf(endpoint, id));
    const settled = await store.transaction((tx) => this.#takeEffect(tx, endpoint, id));
    changes.changed(SCHEDULES);
    return settled;
  }

  async #takeEffect(
    tx: Transaction,
    endpoint: string,
    id: string,
  ): Promise<Deployment | undefined> {
    const deployment = await tx.deployments.get(endpoint, id);
    if (deployment === undefined || deployment.settledAt !== null) return deployment;
    const settled = { ...deployment, settledAt: this.#deps.clock.now() };
    await saveDefinitions(tx, settled, settled.settledAt);
    await tx.deployments.save(settled);
    this.#deps.log.info({ endpoint, pipeline: deployment.pipeline }, 'deployment took effect');
    return settled;
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { changes, clock, log } = this.#deps;
    while (!signal.aborted) {
      const watch = changes.watch(TOPIC);
      try {
        await this.#settleDue();
        await this.#dropServices();
      } catch (thrown) {
        log.error({ err: thrown }, 'failed to settle deployments');
      }
      await watch.wait(clock, this.#pause(), signal);
    }
  }

  async #settleDue(): Promise<void> {
    const { store, clock, log } = this.#deps;
    // One time for the whole pass: a quiet that ends meanwhile belongs to the next.
    const now = clock.monotonic();
    for (const { endpoint, id, settledAt, pipeline } of await store.read.deployments.list()) {
      const quietUntil = this.#quietUntil.get(keyOf(endpoint, id)) ?? -Infinity;
      if (settledAt !== null || quietUntil > now) continue;
      await this.settle(endpoint, id).catch((thrown: unknown) =>
        log.error({ err: thrown, endpoint, pipeline }, 'failed to settle deployment'),
      );
    }
    for (const [key, until] of this.#quietUntil) if (until <= now) this.#quietUntil.delete(key);
  }

  async #dropServices(): Promise<void> {
    for (const endpoint of this.#leaving)
      if (!(await this.#deps.store.transaction((tx) => dropUnusedServices(tx, endpoint))))
        this.#leaving.delete(endpoint);
  }

  #pause(): number {
    const next = Math.min(...this.#quietUntil.values());
    return Math.max(0, Math.min(TICK_MS, next - this.#deps.clock.monotonic()));
  }
}

function keyOf(endpoint: string, id: string): string {
  return `${endpoint}/${id}`;
}

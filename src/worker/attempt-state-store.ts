import type { StateStore } from '../connectors/connector.ts';
import type { Logger } from '../../foundation/src/logging/logger.ts';
import type { StateFile } from './state-file.ts';

/**
 * The state of the previous run for one attempt, and the state that it leaves for the next.
 * Invariants:
 * - No state is loaded unless the control plane reports the catalog in exactly the revision that
 *   the state belongs to.
 * - The new state belongs to the revision that this attempt leads to, and is written only after its
 *   outcome is safe. Whether the control plane ever accepts the attempt shows at the next one: the
 *   catalog then has that revision, or another.
 * - An entity that was withheld from the catalog is never recorded as sent.
 */
export class AttemptStateStore implements StateStore {
  readonly #file: StateFile;
  readonly #catalogRevision: string | undefined;
  readonly #logger: Logger;
  readonly #withheld = new Set<string>();
  #builtOn: string | undefined;
  #unsaved: { readonly state: unknown } | undefined;

  /** `catalogRevision` is the current revision of the catalog; undefined when unknown. */
  constructor(file: StateFile, catalogRevision: string | undefined, logger: Logger) {
    this.#file = file;
    this.#catalogRevision = catalogRevision;
    this.#logger = logger;
  }

  /** The revision that this attempt builds on; undefined for a full run. */
  get builtOn(): string | undefined {
    return this.#builtOn;
  }

  async load<State>(read: (stored: unknown) => State | undefined): Promise<State | undefined> {
    const stored = await this.#file.load();
    if (stored === undefined) return undefined;
    if (stored.revision !== this.#catalogRevision) {
      this.#logger.log('info', "full run: the catalog has changed since this runner's last run");
      return undefined;
    }
    const state = read(stored.state);
    if (state !== undefined) this.#builtOn = stored.revision;
    return state;
  }

  save(state: unknown): void {
    this.#unsaved = { state };
  }

  isWithheld(fqn: string): boolean {
    return this.#withheld.has(fqn);
  }

  markWithheld(fqn: string): void {
    this.#withheld.add(fqn);
  }

  /**
   * Writes the saved state for the revision that this attempt leads to. Call it when the outcome is
   * safe.
   */
  async commit(revision: string): Promise<void> {
    if (this.#unsaved === undefined) return;
    const { state } = this.#unsaved;
    await (state === undefined ? this.#file.clear() : this.#file.save({ revision, state }));
  }
}

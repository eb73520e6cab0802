import type { RunMemory } from '../connectors/connector.ts';
import type { Logger } from '../observability/logger.ts';
import type { MemoryFile } from './run-memory.ts';

/**
 * What one attempt may go by, and what it leaves for the next. Invariants:
 * - Nothing is recalled unless the catalog is, by the control plane's own word, in the very state that the memory describes.
 * - What is kept names the state that this attempt leads to, and is written only after its outcome is safe. Whether the control
 *   plane ever takes that attempt is for the next one to find out: then the catalog is in that state, or it is not.
 * - Nothing that was withheld from the catalog is remembered as told.
 */
export class AttemptMemory implements RunMemory {
  readonly #file: MemoryFile;
  readonly #catalogRevision: string | undefined;
  readonly #logger: Logger;
  readonly #withheld = new Set<string>();
  #builtOn: string | undefined;
  #kept: { readonly state: unknown } | undefined;

  /** `catalogRevision` is the state that the catalog is in; undefined when nobody knows. */
  constructor(file: MemoryFile, catalogRevision: string | undefined, logger: Logger) {
    this.#file = file;
    this.#catalogRevision = catalogRevision;
    this.#logger = logger;
  }

  /** The state of the catalog that this attempt goes by; undefined when it reads everything. */
  get builtOn(): string | undefined {
    return this.#builtOn;
  }

  async recall<State>(read: (kept: unknown) => State | undefined): Promise<State | undefined> {
    const remembered = await this.#file.load();
    if (remembered === undefined) return undefined;
    if (remembered.revision !== this.#catalogRevision) {
      this.#logger.log(
        'info',
        'The catalog is not known to be as the last run of this runner left it; everything is read',
      );
      return undefined;
    }
    const state = read(remembered.state);
    if (state !== undefined) this.#builtOn = remembered.revision;
    return state;
  }

  keep(state: unknown): void {
    this.#kept = { state };
  }

  isWithheld(fqn: string): boolean {
    return this.#withheld.has(fqn);
  }

  noteWithheld(fqn: string): void {
    this.#withheld.add(fqn);
  }

  /** Makes what was kept last, as belonging to the state that this attempt leads to. Call it when the outcome is safe. */
  async commit(revision: string): Promise<void> {
    if (this.#kept === undefined) return;
    const { state } = this.#kept;
    await (state === undefined ? this.#file.clear() : this.#file.save({ revision, state }));
  }
}

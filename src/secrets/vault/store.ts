import { dirname } from 'node:path';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import { removeFile } from '../../../foundation/src/runtime/disk.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { withFileLock } from '../../../foundation/src/runtime/file-lock.ts';
import { nodeDisk } from '../../../foundation/src/runtime/node-disk.ts';
import { systemProcesses } from '../../../foundation/src/runtime/processes.ts';
import type { Random } from '../../../foundation/src/runtime/random.ts';
import { readTrustedFile } from '../../../foundation/src/runtime/trusted-file.ts';
import type { SealTarget } from '../../sealing/convert.ts';
import { noSeal, type Seal } from '../../sealing/seal.ts';
import { decodeVault, encodeVault, newVault, type VaultContent } from './format.ts';
import {
  assertGenerationWritable,
  assertNewest,
  readableGenerations,
  readGenerations,
  writeGeneration,
  type VaultGenerations,
} from './generation-memory.ts';
import { convertKeyFile, createKeyFile, newKey, readKeyFile, replaceKeyFile } from './key-file.ts';
import { makePrivateDirectory, replacePrivateFile, unwritableOr } from './private-files.ts';

// Invariants:
// 1. Only one process at a time changes the vault; readers need no lock, because files are replaced
//    as a whole.
// 2. At every point of a change the key file opens the vault: a new key is first added to the
//    vault, then written to the key file, and only then is the old one removed from the vault.
// 3. The generation beside the key is never above that of the newest vault: it is written after the
//    vault, and read before it. A vault below it was put back.

const MAX_BYTES = 64 * 1024 * 1024;
const LOCK_PATIENCE_MS = 10_000;
/** More changes than a vault has in its life. */
const FAR_ABOVE = 1_000_000;

export interface VaultPlace {
  readonly file: string;
  /** In another directory than the vault, so that a copy of one without the other is useless. */
  readonly keyFile: string;
}

export interface VaultDeps {
  readonly clock: Clock;
  readonly random: Random;
  /** Of the key file. */
  readonly seal?: Seal | undefined;
}

export interface LoadedVault {
  readonly content: VaultContent;
  readonly key: Buffer;
}

/**
 * The files of a vault. Methods throw VAULT_LOCKED, VAULT_DAMAGED, VAULT_ROLLED_BACK, FILE_UNSAFE,
 * FILE_UNWRITABLE, DISK_FULL, STATE_LOCKED and what the seal throws.
 */
export class VaultStore {
  readonly #place: VaultPlace;
  readonly #deps: VaultDeps;

  constructor(place: VaultPlace, deps: VaultDeps) {
    this.#place = place;
    this.#deps = deps;
  }

  /** Undefined when there is no vault. */
  async load(): Promise<LoadedVault | undefined> {
    try {
      return await this.#loadOnce();
    } catch (thrown) {
      // The key may have been replaced after one file was read and before the other was.
      if (RunnerError.from(thrown).code !== 'VAULT_LOCKED') throw thrown;
      return this.#loadOnce();
    }
  }

  /** Runs `work` with the vault locked; creates vault and key if they are missing. */
  update<T>(signal: AbortSignal, work: (loaded: LoadedVault) => Promise<T>): Promise<T> {
    return this.#whileLocked(signal, async () =>
      work((await this.load()) ?? (await this.#create())),
    );
  }

  /** Like `update` for a vault that exists. Undefined, with nothing created, when there is none. */
  async updateExisting<T>(
    signal: AbortSignal,
    work: (loaded: LoadedVault) => Promise<T>,
  ): Promise<T | undefined> {
    if ((await this.load()) === undefined) return undefined;
    return this.#whileLocked(signal, async () => {
      const loaded = await this.load();
      return loaded === undefined ? undefined : work(loaded);
    });
  }

  /** Writes the next generation, and keeps the current one as the previous one. */
  async save(content: VaultContent, key: Buffer): Promise<void> {
    await this.#replace(content, [key], this.#previous);
  }

  /** Writes the next generation and keeps none of the earlier ones. */
  async saveOnly(content: VaultContent, key: Buffer): Promise<void> {
    // First, so that no earlier generation is left if this fails in between.
    await removeFile(nodeDisk, this.#previous);
    await this.#replace(content, [key], undefined);
  }

  /** Replaces the key. Values stay as they are. */
  async rotateKey({ content, key }: LoadedVault): Promise<void> {
    const { random, seal } = this.#deps;
    const fresh = newKey(random);
    const both = await this.#replace(content, [key, fresh], this.#previous);
    await replaceKeyFile(this.#place.keyFile, fresh, random, seal);
    await this.#replace(both, [fresh], this.#previous);
    await removeFile(nodeDisk, this.#previous);
  }

  /** Seals or unseals the key file. False if that was done, or there is none. */
  convertKeyFile(signal: AbortSignal, target: SealTarget): Promise<boolean> {
    const { random, seal = noSeal } = this.#deps;
    return this.#whileLocked(signal, () =>
      convertKeyFile(this.#place.keyFile, { target, seal, random }),
    );
  }

  /** Whether an older vault in place of this one would be noticed. False if there is no vault. */
  async detectsRollback(): Promise<boolean> {
    const newest = await readGenerations(this.#place.keyFile);
    const content = (await this.load())?.content;
    return content !== undefined && newest[content.id] !== undefined;
  }

  /**
   * Makes the present vault the newest one, after it was restored from a backup. Undefined if there
   * is no vault. `work` runs first; nothing changes if it throws.
   */
  async acceptRestored(
    signal: AbortSignal,
    work: () => Promise<void>,
  ): Promise<VaultContent | undefined> {
    if ((await this.#open({})) === undefined) return undefined;
    return this.#whileLocked(signal, async () => {
      const loaded = await this.#open({});
      if (loaded === undefined) return undefined;
      await assertGenerationWritable(this.#place.keyFile);
      await work();
      return this.#replaceAbove(loaded);
    });
  }

  /** Above every generation that was abandoned by the restore, so that none of them is newer. */
  async #replaceAbove({ content, key }: LoadedVault): Promise<VaultContent> {
    const newest = await readGenerations(this.#place.keyFile).catch((): VaultGenerations => ({
      // Which generations were abandoned is unknown, so go above all that there can have been.
      [content.id]: content.generation + FAR_ABOVE,
    }));
    const generation = Math.max(content.generation, newest[content.id] ?? 0);
    return this.#replace({ ...content, generation }, [key], undefined);
  }

  get #previous(): string {
    return `${this.#place.file}.previous`;
  }

  async #loadOnce(): Promise<LoadedVault | undefined> {
    return this.#open(await readGenerations(this.#place.keyFile));
  }

  async #open(newest: VaultGenerations): Promise<LoadedVault | undefined> {
    const { file, keyFile } = this.#place;
    const bytes = await readTrustedFile(file, { kind: 'private', maxBytes: MAX_BYTES });
    if (bytes === undefined) return undefined;
    const key = await readKeyFile(keyFile, this.#deps.seal);
    if (key === undefined)
      throw new RunnerError('VAULT_LOCKED', `the key file ${keyFile} of the vault is missing`);
    const content = decodeVault(bytes, key);
    assertNewest(content, newest, keyFile);
    return { content, key };
  }

  async #create(): Promise<LoadedVault> {
    const { random, seal } = this.#deps;
    const { keyFile } = this.#place;
    const key = (await readKeyFile(keyFile, seal)) ?? (await createKeyFile(keyFile, random, seal));
    return { content: newVault(random), key };
  }

  async #replace(
    content: VaultContent,
    keys: readonly Buffer[],
    previous: string | undefined,
  ): Promise<VaultContent> {
    const { random } = this.#deps;
    await assertGenerationWritable(this.#place.keyFile);
    const next = { ...content, generation: content.generation + 1 };
    const bytes = encodeVault(next, keys, random);
    const { file, keyFile } = this.#place;
    const newest = await readableGenerations(keyFile);
    await replacePrivateFile(file, bytes, { random, previous });
    await writeGeneration(keyFile, newest, next, random);
    return next;
  }

  async #whileLocked<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const { file } = this.#place;
    await makePrivateDirectory(dirname(file));
    const lock = {
      path: `${file}.lock`,
      what: `the vault ${file}`,
      processes: systemProcesses,
      clock: this.#deps.clock,
      patienceMs: LOCK_PATIENCE_MS,
      signal,
    };
    try {
      return await withFileLock(lock, work);
    } catch (thrown) {
      throw unwritableOr(thrown, dirname(file));
    }
  }
}

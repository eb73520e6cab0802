import { throwIfAborted } from '../../../foundation/src/runtime/abort.ts';
import { systemClock } from '../../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { systemRandom } from '../../../foundation/src/runtime/random.ts';
import { MIN_LENGTH } from '../../redaction/secret-forms.ts';
import type { SecretProvider } from '../provider.ts';
import { formatReference, type SecretPath } from '../reference.ts';
import { withoutByteOrderMark } from '../byte-order-mark.ts';
import { Secret } from '../secret.ts';
import { openValue, sealValue, type VaultContent, type VaultRecord } from './format.ts';
import { VaultStore, type VaultDeps, type VaultPlace } from './store.ts';

/** The public part of a secret. */
export interface VaultEntry {
  readonly reference: string;
  /** 1 for the first value, one more with each new value. */
  readonly version: number;
  /** ISO 8601, UTC. */
  readonly updatedAt: string;
}

/** The local vault: one encrypted file, read again at each call. */
export interface Vault extends SecretProvider {
  list(signal: AbortSignal): Promise<readonly VaultEntry[]>;
  /**
   * Stores the first or a new value; creates key and vault on first use. Throws INPUT_INVALID for
   * values under 6 characters, which a redactor cannot keep out of logs.
   */
  set(path: SecretPath, value: string, signal: AbortSignal): Promise<VaultEntry>;
  /**
   * False when there was none. Keeps no earlier generation of the vault, since that would hold the
   * value.
   */
  remove(path: SecretPath, signal: AbortSignal): Promise<boolean>;
  /** Puts a new key in the key file; values stay as they are. Safe against a crash at any point. */
  rotateKey(signal: AbortSignal): Promise<void>;
  /**
   * Accepts a vault that was restored from a backup and is therefore VAULT_ROLLED_BACK. Throws
   * INPUT_INVALID if there is no vault.
   */
  acceptRestored(signal: AbortSignal): Promise<void>;
  /** False where the directory of the key is read-only, so that nothing can be stored there. */
  detectsRollback(signal: AbortSignal): Promise<boolean>;
}

/** What is about to be done to a vault. */
export interface VaultChange {
  readonly change: 'set' | 'remove' | 'rotateKey' | 'acceptRestored';
  /** Undefined for the key and for the vault as a whole. */
  readonly reference: string | undefined;
}

/** Called when nothing but the disk can prevent the change: when it throws, there is no change. */
export type RecordChange = (change: VaultChange) => Promise<void>;

const UNRECORDED: RecordChange = async () => undefined;
const MAX_VALUE_BYTES = 64 * 1024;
const SYSTEM: VaultDeps = { clock: systemClock, random: systemRandom };

/**
 * Methods throw VAULT_LOCKED, VAULT_DAMAGED, VAULT_ROLLED_BACK, FILE_UNSAFE, FILE_UNWRITABLE,
 * DISK_FULL and STATE_LOCKED, and what `record` throws.
 */
export function openVault(
  place: VaultPlace,
  deps: VaultDeps = SYSTEM,
  record: RecordChange = UNRECORDED,
): Vault {
  return new FileVault(new VaultStore(place, deps), deps, record);
}

class FileVault implements Vault {
  readonly name = 'vault';
  readonly #store: VaultStore;
  readonly #deps: VaultDeps;
  readonly #record: RecordChange;

  constructor(store: VaultStore, deps: VaultDeps, record: RecordChange) {
    this.#store = store;
    this.#deps = deps;
    this.#record = record;
  }

  async read(path: SecretPath, signal: AbortSignal): Promise<Secret | undefined> {
    throwIfAborted(signal);
    const content = (await this.#store.load())?.content;
    const record = content?.records.find(({ ref }) => ref === formatReference(path));
    if (content === undefined || record === undefined) return undefined;
    const value = withoutByteOrderMark(openValue(content, record));
    return new Secret(value, `${content.id} ${record.version} ${record.generation}`);
  }

  async list(signal: AbortSignal): Promise<readonly VaultEntry[]> {
    throwIfAborted(signal);
    const records = (await this.#store.load())?.content.records ?? [];
    return records.map(entryOf).sort((a, b) => (a.reference < b.reference ? -1 : 1));
  }

  async set(path: SecretPath, value: string, signal: AbortSignal): Promise<VaultEntry> {
    const text = withoutByteOrderMark(value);
    assertStorable(text);
    const ref = formatReference(path);
    return this.#store.update(signal, async ({ content, key }) => {
      const record = this.#sealed(content, ref, text);
      await this.#record({ change: 'set', reference: ref });
      await this.#store.save({ ...content, records: [...without(content, ref), record] }, key);
      return entryOf(record);
    });
  }

  async remove(path: SecretPath, signal: AbortSignal): Promise<boolean> {
    const ref = formatReference(path);
    const removed = await this.#store.updateExisting(signal, async ({ content, key }) => {
      const records = without(content, ref);
      if (records.length === content.records.length) return false;
      await this.#record({ change: 'remove', reference: ref });
      await this.#store.saveOnly({ ...content, records }, key);
      return true;
    });
    return removed ?? false;
  }

  async rotateKey(signal: AbortSignal): Promise<void> {
    const rotated = await this.#store.updateExisting(signal, async (loaded) => {
      await this.#record({ change: 'rotateKey', reference: undefined });
      await this.#store.rotateKey(loaded);
      return true;
    });
    if (rotated === undefined) throw noVault('cannot rotate the key');
  }

  async acceptRestored(signal: AbortSignal): Promise<void> {
    const accepted = await this.#store.acceptRestored(signal, () =>
      this.#record({ change: 'acceptRestored', reference: undefined }),
    );
    if (accepted === undefined) throw noVault('cannot accept the vault');
  }

  detectsRollback(signal: AbortSignal): Promise<boolean> {
    throwIfAborted(signal);
    return this.#store.detectsRollback();
  }

  #sealed(content: VaultContent, ref: string, value: string): VaultRecord {
    const { clock, random } = this.#deps;
    const head = {
      ref,
      version: (content.records.find((record) => record.ref === ref)?.version ?? 0) + 1,
      generation: content.generation + 1,
      updatedAt: new Date(clock.now()).toISOString(),
    };
    return sealValue(content, head, value, random);
  }
}

function noVault(subject: string): RunnerError {
  return new RunnerError('INPUT_INVALID', `${subject}: there is no vault`, {
    remedy: 'Store a secret first with `hybrid-runner secrets set`.',
  });
}

function entryOf({ ref, version, updatedAt }: VaultRecord): VaultEntry {
  return { reference: ref, version, updatedAt };
}

function without({ records }: VaultContent, ref: string): readonly VaultRecord[] {
  return records.filter((record) => record.ref !== ref);
}

function assertStorable(value: string): void {
  if (value.length < MIN_LENGTH)
    throw new RunnerError(
      'INPUT_INVALID',
      `the value has fewer than ${MIN_LENGTH} characters; it cannot be kept out of logs and is easy to guess`,
      { remedy: 'Use a longer secret.' },
    );
  if (Buffer.byteLength(value) > MAX_VALUE_BYTES)
    throw new RunnerError('INPUT_INVALID', `the value is larger than ${MAX_VALUE_BYTES} bytes`, {
      remedy: 'Store only the secret.',
    });
  if (!value.isWellFormed() || value.includes('\0'))
    throw new RunnerError('INPUT_INVALID', 'the value is not text', {
      remedy: 'Encode binary values, for example in base64.',
    });
}

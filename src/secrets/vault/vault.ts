import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { throwIfAborted } from '../../runtime/abort.ts';
import { systemClock, type Clock } from '../../runtime/clock.ts';
import { RunnerError } from '../../runtime/errors.ts';
import { systemRandom, type Random } from '../../runtime/random.ts';
import { readTrustedFile } from '../../runtime/trusted-file.ts';
import type { SecretProvider } from '../provider.ts';
import { formatReference, type SecretPath } from '../reference.ts';
import { MIN_LENGTH } from '../../redaction/secret-forms.ts';
import { Secret } from '../secret.ts';
import {
  decodeVault,
  encodeVault,
  newVault,
  openValue,
  sealValue,
  type VaultContent,
} from './format.ts';
import { makePrivateDirectory, replaceFile, withLock } from './files.ts';

export interface VaultOptions {
  readonly file: string;
  /** Kept apart from the vault, so that a copy of one without the other is worth nothing. */
  readonly keyFile: string;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** What may be shown of a secret. */
export interface VaultEntry {
  readonly reference: string;
  /** 1 for the first value, one more with each new value. */
  readonly version: number;
  /** ISO 8601, UTC. */
  readonly updatedAt: string;
}

/** The local vault: one encrypted file, opened anew at each call. */
export interface Vault extends SecretProvider {
  list(signal: AbortSignal): Promise<readonly VaultEntry[]>;
  /** Stores a value, the first or a newer one. Makes key and vault on first use. Throws INPUT_INVALID for values under 6 characters, which no redactor could keep out of logs. */
  set(path: SecretPath, value: string, signal: AbortSignal): Promise<VaultEntry>;
  /** False when there was none. No earlier generation of the vault is kept, since it would hold the value. */
  remove(path: SecretPath, signal: AbortSignal): Promise<boolean>;
  /** Puts a new key in the key file; values stay as they are. Survives a crash at any point. */
  rotateKey(signal: AbortSignal): Promise<void>;
}

const MAX_VALUE_BYTES = 64 * 1024;
const MAX_VAULT_BYTES = 64 * 1024 * 1024;
const KEY_HEAD = 'hybrid-runner-vault-key-1:';

/** The vault at `file`. Methods throw VAULT_LOCKED, VAULT_DAMAGED, FILE_UNSAFE, DISK_FULL and STATE_LOCKED. */
export function openVault({
  file,
  keyFile,
  clock = systemClock,
  random = systemRandom,
}: VaultOptions): Vault {
  const previous = `${file}.previous`;

  const loadOnce = async (): Promise<{ content: VaultContent; key: Buffer } | undefined> => {
    const bytes = await readTrustedFile(file, { kind: 'private', maxBytes: MAX_VAULT_BYTES });
    if (bytes === undefined) return undefined;
    const key = await readKey(keyFile);
    if (key === undefined)
      throw new RunnerError('VAULT_LOCKED', `the vault's key file ${keyFile} is missing`);
    return { content: decodeVault(bytes, key), key };
  };
  /** A second look, in case the key was changed between reading the one file and the other. */
  const load = async (): Promise<{ content: VaultContent; key: Buffer } | undefined> => {
    try {
      return await loadOnce();
    } catch (thrown) {
      if (RunnerError.from(thrown).code !== 'VAULT_LOCKED') throw thrown;
      return loadOnce();
    }
  };
  const save = async (
    content: VaultContent,
    keys: readonly Buffer[],
    { keepPrevious } = { keepPrevious: true },
  ): Promise<VaultContent> => {
    const next = { ...content, generation: content.generation + 1 };
    await replaceFile(
      file,
      encodeVault(next, keys, random),
      random,
      keepPrevious ? previous : undefined,
    );
    return next;
  };
  const exclusively = async <T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> => {
    await makePrivateDirectory(dirname(file));
    return withLock(`${file}.lock`, { clock, random, signal }, work);
  };
  /** For work on a vault that is there: where none is, not even its directory gets made. */
  const exclusivelyIfThere = async <T>(
    signal: AbortSignal,
    work: (loaded: { content: VaultContent; key: Buffer } | undefined) => Promise<T>,
  ): Promise<T> =>
    (await load()) === undefined
      ? work(undefined)
      : exclusively(signal, async () => work(await load()));
  const loadOrCreate = async (): Promise<{ content: VaultContent; key: Buffer }> =>
    (await load()) ?? {
      content: newVault(random),
      key: (await readKey(keyFile)) ?? (await writeKey(keyFile, random)),
    };

  return {
    name: 'vault',
    read: async (path, signal) => {
      throwIfAborted(signal);
      const content = (await load())?.content;
      const record = content?.records.find(({ ref }) => ref === formatReference(path));
      return content === undefined || record === undefined
        ? undefined
        : new Secret(
            withoutMark(openValue(content, record)),
            `${content.id} ${record.version} ${record.generation}`,
          );
    },
    list: async (signal) => {
      throwIfAborted(signal);
      const records = (await load())?.content.records ?? [];
      return records
        .map(({ ref, version, updatedAt }) => ({ reference: ref, version, updatedAt }))
        .sort((a, b) => (a.reference < b.reference ? -1 : 1));
    },
    set: async (path, value, signal) => {
      assertStorable(withoutMark(value));
      return exclusively(signal, async () => {
        const { content, key } = await loadOrCreate();
        const ref = formatReference(path);
        const version = (content.records.find((record) => record.ref === ref)?.version ?? 0) + 1;
        const head = {
          ref,
          version,
          generation: content.generation + 1,
          updatedAt: new Date(clock.now()).toISOString(),
        };
        await save(
          {
            ...content,
            records: [
              ...content.records.filter((record) => record.ref !== ref),
              sealValue(content, head, withoutMark(value), random),
            ],
          },
          [key],
        );
        return { reference: ref, version, updatedAt: head.updatedAt };
      });
    },
    remove: (path, signal) =>
      exclusivelyIfThere(signal, async (loaded) => {
        const ref = formatReference(path);
        if (loaded === undefined || !loaded.content.records.some((record) => record.ref === ref))
          return false;
        // First, so that no copy is left wherever this ends: what was there before holds the value too.
        await rm(previous, { force: true });
        await save(
          {
            ...loaded.content,
            records: loaded.content.records.filter((record) => record.ref !== ref),
          },
          [loaded.key],
          { keepPrevious: false },
        );
        return true;
      }),
    rotateKey: (signal) =>
      exclusivelyIfThere(signal, async (loaded) => {
        if (loaded === undefined)
          throw new RunnerError('INPUT_INVALID', 'there is no vault whose key could be changed', {
            remedy: 'Store a secret first with `hybrid-runner secrets set`.',
          });
        const key = Buffer.from(random.bytes(32));
        const both = await save(loaded.content, [loaded.key, key]);
        await replaceFile(keyFile, formatKey(key), random);
        await save(both, [key]);
        await rm(previous, { force: true });
      }),
  };
}

/** A byte order mark at the start is no part of a value, also of one that an earlier version stored with it. */
function withoutMark(value: string): string {
  return value.replace(/^\ufeff/, '');
}

function assertStorable(value: string): void {
  if (value.length < MIN_LENGTH)
    throw new RunnerError(
      'INPUT_INVALID',
      `the value has fewer than ${MIN_LENGTH} characters; it could not be kept out of logs and is easily guessed`,
      { remedy: 'Use a longer secret.' },
    );
  if (Buffer.byteLength(value) > MAX_VALUE_BYTES)
    throw new RunnerError('INPUT_INVALID', `the value is larger than ${MAX_VALUE_BYTES} bytes`, {
      remedy: 'Store nothing but the secret.',
    });
  if (!value.isWellFormed() || value.includes('\0'))
    throw new RunnerError('INPUT_INVALID', 'the value is not text', {
      remedy: 'Encode binary values, for example in base64.',
    });
}

async function readKey(keyFile: string): Promise<Buffer | undefined> {
  const bytes = await readTrustedFile(keyFile, { kind: 'private', maxBytes: 1024 });
  if (bytes === undefined) return undefined;
  const text = bytes.toString('utf8').trim();
  const key = Buffer.from(text.slice(KEY_HEAD.length), 'base64');
  if (!text.startsWith(KEY_HEAD) || key.length !== 32)
    throw new RunnerError('VAULT_LOCKED', `${keyFile} does not hold a vault key`);
  return key;
}

async function writeKey(keyFile: string, random: Random): Promise<Buffer> {
  const key = Buffer.from(random.bytes(32));
  await makePrivateDirectory(dirname(keyFile));
  await replaceFile(keyFile, formatKey(key), random);
  return key;
}

function formatKey(key: Buffer): Buffer {
  return Buffer.from(`${KEY_HEAD}${key.toString('base64')}\n`);
}

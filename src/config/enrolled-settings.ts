import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { replaceFile } from '../../foundation/src/runtime/atomic-write.ts';
import { removeFile } from '../../foundation/src/runtime/disk.ts';
import { isErrno } from '../../foundation/src/runtime/errno.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { nodeDisk } from '../../foundation/src/runtime/node-disk.ts';
import { readTrusted } from './file.ts';
import type { LoadedConfig } from './load.ts';
import { SETTING_KEYS, settingOf, type SettingKey } from './schema.ts';
import { formatConnectTo } from './values/network.ts';

const FILE_NAME = 'enrolled-settings.json';
const documentSchema = z.record(z.string(), z.union([z.string(), z.array(z.string())]));
const SAVED = SETTING_KEYS.filter((key) => settingOf(key).savedAtEnrollment === true);

/**
 * Network settings that enrollment succeeded with, by key, as they would be written in a
 * configuration file.
 */
export interface EnrolledSettings {
  readonly path: string;
  readonly values: ReadonlyMap<SettingKey, unknown>;
}

/**
 * The settings that `collectEnrolledSettings` wrote to a state directory; empty when the file is
 * missing, or belongs to a user whose files this process has no permission to read. Throws
 * FILE_UNREADABLE for a damaged file, FILE_UNSAFE for one that others can change.
 */
export function readEnrolledSettings(stateDir: string): EnrolledSettings {
  const path = join(stateDir, FILE_NAME);
  const text = readIfPermitted(path);
  if (text === undefined) return { path, values: new Map() };
  try {
    const document = documentSchema.parse(JSON.parse(text));
    const keys = SAVED.filter((key) => Object.hasOwn(document, key));
    return { path, values: new Map(keys.map((key) => [key, document[key]])) };
  } catch {
    // Without the error, which quotes the text: a proxy can have a password.
    throw new RunnerError('FILE_UNREADABLE', `${path} is damaged`, {
      remedy: [
        'Delete the file and write the network settings to the configuration file, or enroll again',
        'with --replace.',
      ].join(' '),
    });
  }
}

/** Settings that are ready to be written: every file they need has been read. */
export interface CollectedSettings {
  readonly keys: readonly SettingKey[];
  /** Replaces the settings of an earlier enrollment. */
  write(): Promise<void>;
}

/**
 * Collects the network settings that came from flags and variables, so that `run` reaches the
 * control plane as `enroll` did. CA files are copied: the service's user may have no permission to
 * read the originals, so they are read here, not in `write`.
 */
export function collectEnrolledSettings({
  config: { stateDir },
  values,
  sources,
}: LoadedConfig): CollectedSettings {
  const keys = SAVED.filter((key) =>
    ['flag', 'environment', 'enrollment'].includes(sources[key].kind),
  );
  const copies = new Map(
    keys
      .filter((key) => settingOf(key).isPath === true)
      .map((key) => [key, copyOf(key, values[key] as string)]),
  );
  return {
    keys,
    write: async () => {
      for (const { name, content } of copies.values())
        await replaceFile(nodeDisk, join(stateDir, name), content);
      const path = join(stateDir, FILE_NAME);
      if (keys.length === 0) return removeFile(nodeDisk, path);
      const document = Object.fromEntries(
        keys.map((key) => [key, copies.get(key)?.name ?? asWritten(key, values)]),
      );
      await replaceFile(nodeDisk, path, `${JSON.stringify(document, null, 2)}\n`);
    },
  };
}

function copyOf(
  key: SettingKey,
  path: string,
): { readonly name: string; readonly content: Buffer } {
  return { name: `enrolled-${key.replace('.', '-')}.pem`, content: readFileSync(path) };
}

function asWritten(key: SettingKey, values: LoadedConfig['values']): unknown {
  return key === 'network.connectTo' ? values[key]?.map(formatConnectTo) : values[key];
}

function readIfPermitted(path: string): string | undefined {
  try {
    return readTrusted(path, false);
  } catch (thrown) {
    const error = RunnerError.from(thrown);
    if (isErrno(error.cause, 'EACCES')) return undefined;
    throw error;
  }
}

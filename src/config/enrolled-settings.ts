import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { replaceFile } from '../runtime/atomic-write.ts';
import { removeFile } from '../runtime/disk.ts';
import { isErrno } from '../runtime/errno.ts';
import { RunnerError } from '../runtime/errors.ts';
import { nodeDisk } from '../runtime/node-disk.ts';
import { readTrusted } from './file.ts';
import type { LoadedConfig } from './load.ts';
import { SETTING_KEYS, SETTINGS, type Setting, type SettingKey } from './schema.ts';
import { formatConnectTo } from './values.ts';

const FILE_NAME = 'enrolled-settings.json';
const documentSchema = z.record(z.string(), z.union([z.string(), z.array(z.string())]));

/** Network settings that enrollment succeeded with, by key, as they would stand in a configuration file. */
export interface EnrolledSettings {
  readonly path: string;
  readonly values: ReadonlyMap<SettingKey, unknown>;
}

/**
 * What `collectEnrolledSettings` wrote into a state directory; empty when there is nothing, or when it belongs to a user whose
 * files this process may not read. Throws FILE_UNREADABLE for a damaged file, FILE_UNSAFE for one that others can change.
 */
export function readEnrolledSettings(stateDir: string): EnrolledSettings {
  const path = join(stateDir, FILE_NAME);
  const text = readIfPossible(path);
  if (text === undefined) return { path, values: new Map() };
  try {
    const document = documentSchema.parse(JSON.parse(text));
    return {
      path,
      values: new Map(
        KEPT.filter((key) => Object.hasOwn(document, key)).map((key) => [key, document[key]]),
      ),
    };
  } catch (thrown) {
    throw new RunnerError('FILE_UNREADABLE', `${path} is damaged`, {
      cause: thrown,
      remedy:
        'Delete the file and name the network settings in the configuration file, or enroll again with --replace.',
    });
  }
}

/** Settings that are ready to be kept: everything they need has been read. */
export interface CollectedSettings {
  readonly keys: readonly SettingKey[];
  /** Replaces what an earlier enrollment kept. */
  write(): Promise<void>;
}

/**
 * Collects the network settings that came from flags and variables, so that `run` reaches the control plane as `enroll` did.
 * CA files are copied: the service's user may be unable to read where they are now, so they are read here and not in `write`.
 */
export function collectEnrolledSettings({
  config: { stateDir },
  values,
  sources,
}: LoadedConfig): CollectedSettings {
  const keys = KEPT.filter((key) =>
    ['flag', 'environment', 'enrollment'].includes(sources[key].kind),
  );
  const copies = new Map(
    keys.filter(isPath).map((key) => [
      key,
      {
        name: `enrolled-${key.replace('.', '-')}.pem`,
        content: readFileSync(values[key] as string),
      },
    ]),
  );
  return {
    keys,
    write: async () => {
      for (const { name, content } of copies.values())
        await replaceFile(nodeDisk, join(stateDir, name), content);
      const document = Object.fromEntries(
        keys.map((key) => [key, copies.get(key)?.name ?? asText(key, values)]),
      );
      if (keys.length > 0)
        await replaceFile(
          nodeDisk,
          join(stateDir, FILE_NAME),
          `${JSON.stringify(document, null, 2)}\n`,
        );
      else await removeFile(nodeDisk, join(stateDir, FILE_NAME));
    },
  };
}

const KEPT = SETTING_KEYS.filter(
  (key) => (SETTINGS[key] as unknown as Setting<unknown>).keptAtEnrollment === true,
);

function isPath(key: SettingKey): boolean {
  return (SETTINGS[key] as unknown as Setting<unknown>).isPath === true;
}

function asText(key: SettingKey, values: LoadedConfig['values']): unknown {
  return key === 'network.connectTo' ? values[key]?.map(formatConnectTo) : values[key];
}

function readIfPossible(path: string): string | undefined {
  try {
    return readTrusted(path, false);
  } catch (thrown) {
    const error = RunnerError.from(thrown);
    if (isErrno(error.cause, 'EACCES')) return undefined;
    throw error;
  }
}

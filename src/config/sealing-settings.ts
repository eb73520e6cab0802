import { relative } from 'node:path';
import type { SealingSettings } from '../sealing/settings.ts';
import { configInvalid } from './problems.ts';
import type { SettingKey, SettingValues } from './schema.ts';

/**
 * Throws CONFIG_INVALID for more than one place of the key, and for one where a job could read it.
 */
export function compileSealing(values: SettingValues): SealingSettings {
  const credential = values['sealing.credential'] === true;
  const keyFile = values['sealing.keyFile'];
  const passphraseFile = values['sealing.passphraseFile'];
  const files = { 'sealing.keyFile': keyFile, 'sealing.passphraseFile': passphraseFile } as const;
  const named = Object.entries(files).filter(([, path]) => path !== undefined);
  if (named.length + Number(credential) > 1)
    throw configInvalid([
      {
        path: 'sealing',
        problem: 'names more than one key',
        remedy: 'keep one of credential, keyFile and passphraseFile',
      },
    ]);
  const secrets = values['secrets.files.directory' satisfies SettingKey];
  for (const [path, file] of named)
    if (typeof secrets === 'string' && isBelow(secrets, file!))
      throw configInvalid([
        {
          path,
          problem: 'is in secrets.files.directory, where jobs read secrets',
          remedy: 'mount the file elsewhere',
        },
      ]);
  return { credential, keyFile, passphraseFile };
}

function isBelow(directory: string, file: string): boolean {
  return !relative(directory, file).startsWith('..');
}

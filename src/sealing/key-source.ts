import { join } from 'node:path';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { readTrustedFile } from '../../foundation/src/runtime/trusted-file.ts';
import { SEALING_KEY_BYTES, type SealingKey } from './sealed.ts';
import { SEALING_CREDENTIAL, type SealingSettings } from './settings.ts';

/** The file that a process reads the key from. */
export interface KeySource {
  readonly kind: SealingKey['kind'];
  /** Undefined where systemd has handed no credentials to this process. */
  readonly path: string | undefined;
  /** To display. */
  readonly by: string;
}

const MAX_BYTES = 4096;
/** Guessing fewer characters is too easy, however slow each guess is. */
const MIN_PASSPHRASE = 12;

/** One of the settings must be set. */
export function sourceOf(
  { credential, keyFile, passphraseFile }: SealingSettings,
  env: Readonly<NodeJS.ProcessEnv>,
): KeySource {
  if (credential) {
    const directory = env['CREDENTIALS_DIRECTORY'] ?? '';
    const path = directory === '' ? undefined : join(directory, SEALING_CREDENTIAL);
    return { kind: 'key', path, by: `the systemd credential ${SEALING_CREDENTIAL}` };
  }
  return keyFile === undefined
    ? { kind: 'passphrase', path: passphraseFile, by: `the passphrase in ${passphraseFile}` }
    : { kind: 'key', path: keyFile, by: `the key in ${keyFile}` };
}

/** Throws SEALING_KEY_MISSING, SEALING_KEY_WRONG, FILE_UNSAFE, FILE_UNREADABLE. */
export async function readSealingKey({ kind, path, by }: KeySource): Promise<SealingKey> {
  const bytes =
    path === undefined
      ? undefined
      : await readTrustedFile(path, { kind: 'private', maxBytes: MAX_BYTES });
  if (bytes === undefined)
    throw new RunnerError('SEALING_KEY_MISSING', `${by} is not available to this process`);
  const text = bytes.toString('utf8').replace(/\r?\n$/, '');
  return kind === 'key' ? parseSealingKey(text, by) : parsePassphrase(text, by);
}

/** 32 bytes in base64. Throws SEALING_KEY_WRONG. */
export function parseSealingKey(text: string, by: string): SealingKey {
  const key = Buffer.from(text.trim(), 'base64');
  if (key.length === SEALING_KEY_BYTES && key.toString('base64') === text.trim())
    return { kind: 'key', key };
  throw new RunnerError('SEALING_KEY_WRONG', `${by} is not a key: 32 bytes in base64`, {
    remedy: 'Make one with `openssl rand -base64 32`.',
  });
}

/** Throws SEALING_KEY_WRONG. */
export function parsePassphrase(text: string, by: string): SealingKey {
  if (text.length >= MIN_PASSPHRASE && text.isWellFormed())
    return { kind: 'passphrase', passphrase: text };
  throw new RunnerError(
    'SEALING_KEY_WRONG',
    `${by} has fewer than ${MIN_PASSPHRASE} characters, or is not text`,
    { remedy: 'Use at least four random words.' },
  );
}

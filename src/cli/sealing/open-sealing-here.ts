import { existsSync } from 'node:fs';
import type { RunnerConfig } from '../../config/runner-config.ts';
import { openSealing } from '../../sealing/open-sealing.ts';
import type { Sealing } from '../../sealing/seal.ts';
import type { SealingKey } from '../../sealing/sealed.ts';
import type { SealingSettings } from '../../sealing/settings.ts';
import type { Invocation } from '../invocation.ts';

type ReadKey = () => Promise<SealingKey>;

/**
 * What seals the private keys, for a command: root decrypts the credential of systemd, which only
 * the service gets from systemd itself; a person types a passphrase whose file is not there. Call
 * it before `actAsOwner`. A key that cannot be had is an error where it is used, not here.
 */
export async function openSealingHere(
  { sealing }: Pick<RunnerConfig, 'sealing'>,
  invocation: Pick<Invocation, 'env' | 'terminal' | 'interrupts'>,
): Promise<Sealing | undefined> {
  const read = await keyOfCommand(sealing, invocation);
  return openSealing(sealing, { env: invocation.env, read });
}

/** Undefined where the settings lead to the key. */
async function keyOfCommand(
  { credential, passphraseFile }: SealingSettings,
  { env, terminal, interrupts }: Pick<Invocation, 'env' | 'terminal' | 'interrupts'>,
): Promise<ReadKey | undefined> {
  const { signal } = interrupts;
  if (credential && (env['CREDENTIALS_DIRECTORY'] ?? '') === '' && process.getuid?.() === 0) {
    const { decryptCredential } = await import('./systemd-creds.ts');
    return settled(decryptCredential(signal));
  }
  if (passphraseFile === undefined || existsSync(passphraseFile) || terminal.stdin.isTTY !== true)
    return undefined;
  const { askForPassphrase } = await import('./passphrase.ts');
  return settled(askForPassphrase(terminal, signal));
}

/** Waits for the end, but leaves a failure to whoever needs the key. */
async function settled(work: Promise<SealingKey>): Promise<ReadKey> {
  await work.catch(() => undefined);
  return () => work;
}

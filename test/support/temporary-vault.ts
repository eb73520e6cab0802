import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { NEVER } from '../../foundation/src/runtime/abort.ts';
import { openVault, type Vault } from '../../src/secrets/vault/vault.ts';
import type { RunnerError } from '../../foundation/src/runtime/errors.ts';

export interface TemporaryVault {
  readonly vault: Vault;
  /** Holds `state` with the vault and `config` with the key. */
  readonly directory: string;
  readonly file: string;
  readonly keyFile: string;
}

/** A vault in a directory that is removed after the test. Nothing is written yet. */
export function temporaryVault(): TemporaryVault {
  const directory = mkdtempSync(join(tmpdir(), 'vault-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'state/vault.json');
  const keyFile = join(directory, 'config/vault.key');
  return { vault: openVault({ file, keyFile }), directory, file, keyFile };
}

/** Names of the files beside the vault, without those of its lock. */
export function filesOf({ directory }: TemporaryVault): string[] {
  return readdirSync(join(directory, 'state'))
    .filter((name) => !name.startsWith('vault.json.lock.'))
    .sort();
}

const signal = NEVER;

export async function valueIn(vault: Vault, name: string): Promise<string | undefined> {
  return (await vault.read([name], signal))?.reveal();
}

/** The code of the error that `work` ends with. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (thrown) {
    return (thrown as RunnerError).code;
  }
  return 'no error';
}

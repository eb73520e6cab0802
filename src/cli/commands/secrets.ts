import { dirname } from 'node:path';
import { openAuditTrail } from '../../audit/open.ts';
import type { RunnerConfig } from '../../config/runner-config.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { systemClock } from '../../../foundation/src/runtime/clock.ts';
import { systemRandom } from '../../../foundation/src/runtime/random.ts';
import { formatReference } from '../../secrets/reference.ts';
import { openVault, type Vault } from '../../secrets/vault/vault.ts';
import { loadSettings, type Invocation } from '../invocation.ts';
import { actAsOwner } from '../ownership.ts';
import { openSealingHere } from '../sealing/open-sealing-here.ts';
import { readSecret } from '../secret-input.ts';
import { reference } from '../secret-reference.ts';
import { systemUser } from '../system-user.ts';
import { columns } from '../terminal.ts';

/** Stores a value under a reference. The next sign-in uses it, without a restart. */
export async function set(invocation: Invocation): Promise<void> {
  const { terminal, operands, interrupts } = invocation;
  if (operands.length > 1) {
    throw new RunnerError(
      'USAGE',
      'a secret on the command line is visible to every process of this machine, and is kept in the history of the shell',
      {
        remedy: [
          'Pass only the reference: the command prompts for the value, or reads it from standard',
          'input. Change this secret at its source, because it has been exposed.',
        ].join(' '),
      },
    );
  }
  const path = reference(operands[0]);
  const { vault, config } = await openLocalVault(invocation);
  const value = await readSecret(terminal, formatReference(path), interrupts.signal);
  const entry = await vault.set(path, value, interrupts.signal);
  terminal.result(entry, `Stored ${entry.reference}, version ${entry.version}.`);
  terminal.notice(`The policy decides where it may be used: ${config.policyFile}`);
  if (!(await vault.detectsRollback(interrupts.signal)))
    terminal.notice(
      `${dirname(config.secrets.vault.keyFile)} is read-only, so an older vault in place of this one cannot be detected.`,
    );
}

export async function list(invocation: Invocation): Promise<void> {
  const { vault } = await openLocalVault(invocation);
  const secrets = await vault.list(invocation.interrupts.signal);
  const rows = secrets.map(({ reference: name, version, updatedAt }) => [
    name,
    `version ${version}`,
    updatedAt,
  ]);
  invocation.terminal.result(
    { secrets },
    rows.length === 0 ? 'The vault is empty.' : columns(rows),
  );
}

export async function remove(invocation: Invocation): Promise<void> {
  const path = reference(invocation.operands[0]);
  const { vault } = await openLocalVault(invocation);
  const removed = await vault.remove(path, invocation.interrupts.signal);
  if (!removed)
    throw new RunnerError('INPUT_INVALID', `${formatReference(path)} is not in the vault`, {
      remedy: 'Run `hybrid-runner secrets list` to see all references.',
    });
  invocation.terminal.result(
    { reference: formatReference(path), removed },
    `Removed ${formatReference(path)}.`,
  );
}

/** Encrypts the vault with a new key. */
export async function rotate(invocation: Invocation): Promise<void> {
  const { vault, config } = await openLocalVault(invocation);
  await vault.rotateKey(invocation.interrupts.signal);
  const { keyFile } = config.secrets.vault;
  invocation.terminal.result(
    { keyFile, rotated: true },
    `The vault has a new key in ${keyFile}. The old key decrypts only old copies of the vault.`,
  );
}

/** Accepts an older vault as the newest one, after a restore. */
export async function acceptRestored(invocation: Invocation): Promise<void> {
  const { vault, config } = await openLocalVault(invocation);
  await vault.acceptRestored(invocation.interrupts.signal);
  const { file } = config.secrets.vault;
  invocation.terminal.result({ file, accepted: true }, `The vault ${file} is accepted.`);
}

interface LocalVault {
  readonly vault: Vault;
  readonly config: RunnerConfig;
}

async function openLocalVault(invocation: Invocation): Promise<LocalVault> {
  const { config } = await loadSettings(invocation);
  const person = systemUser(invocation.env);
  const sealing = await openSealingHere(config, invocation);
  actAsOwner(config.stateDir);
  const trail = openAuditTrail(config.stateDir);
  const seal = sealing?.of('vault-key');
  const deps = { clock: systemClock, random: systemRandom, seal };
  const vault = openVault(config.secrets.vault, deps, (change) =>
    trail.record({ event: 'vault', ...change, ...person }),
  );
  return { vault, config };
}

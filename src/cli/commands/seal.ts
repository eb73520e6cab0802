import { openAuditTrail } from '../../audit/open.ts';
import type { RunnerConfig } from '../../config/runner-config.ts';
import { convertIdentity } from '../../link/enrollment/convert-keys.ts';
import { keyPaths } from '../../link/enrollment/key-files.ts';
import { systemClock } from '../../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { nodeDisk } from '../../../foundation/src/runtime/node-disk.ts';
import { systemRandom } from '../../../foundation/src/runtime/random.ts';
import type { SealTarget } from '../../sealing/convert.ts';
import type { Sealing } from '../../sealing/seal.ts';
import { VaultStore } from '../../secrets/vault/store.ts';
import { loadSettings, type Invocation } from '../invocation.ts';
import { withLockedState } from '../locked-state.ts';
import { actAsOwner } from '../ownership.ts';
import { openSealingHere } from '../sealing/open-sealing-here.ts';
import { systemUser } from '../system-user.ts';
import { prepareCredential } from '../sealing/prepare-credential.ts';

/** Seals the private keys with what the settings name. May be repeated at any time. */
export async function seal(invocation: Invocation): Promise<void> {
  const { config } = await loadSettings(invocation);
  const { terminal, interrupts } = invocation;
  const keys = [...Object.values(keyPaths(config.stateDir)), config.secrets.vault.keyFile];
  const made = config.sealing.credential ? await prepareCredential(keys, interrupts.signal) : [];
  const { files, by } = await convert(config, invocation, 'sealed');
  terminal.result(
    { sealed: files, by, made },
    [
      ...[...made, ...files].map((path) => `wrote ${path}`),
      `The keys of identity and vault open only with ${by}.`,
    ].join('\n'),
  );
  if (files.length > 0)
    terminal.notice(
      [
        'Earlier copies and backups have these keys in the open: run `hybrid-runner secrets rotate`,',
        'and enroll again with --replace if a copy may be in other hands.',
      ].join(' '),
    );
}

/** Writes the private keys as they were before they were sealed. */
export async function unseal(invocation: Invocation): Promise<void> {
  const { config } = await loadSettings(invocation);
  const { files, by } = await convert(config, invocation, 'plain');
  invocation.terminal.result(
    { unsealed: files, by },
    [
      ...files.map((path) => `wrote ${path}`),
      `No key is sealed any longer. Remove sealing from ${config.configFile} before the next start.`,
    ].join('\n'),
  );
}

interface Converted {
  readonly files: readonly string[];
  readonly by: string;
}

async function convert(
  config: RunnerConfig,
  invocation: Invocation,
  target: SealTarget,
): Promise<Converted> {
  const { stateDir, secrets } = config;
  const { interrupts } = invocation;
  const sealing = required(await openSealingHere(config, invocation), config);
  const person = systemUser(invocation.env);
  actAsOwner(stateDir);
  return withLockedState(stateDir, async () => {
    await openAuditTrail(stateDir).record({
      event: 'sealing',
      change: target === 'sealed' ? 'seal' : 'unseal',
      by: sealing.by,
      ...person,
    });
    const own = { seal: sealing.of('identity-key'), target, disk: nodeDisk };
    const files = await convertIdentity(stateDir, own);
    const deps = { clock: systemClock, random: systemRandom, seal: sealing.of('vault-key') };
    const vault = new VaultStore(secrets.vault, deps);
    const isChanged = await vault.convertKeyFile(interrupts.signal, target);
    return { files: [...files, ...(isChanged ? [secrets.vault.keyFile] : [])], by: sealing.by };
  });
}

function required(sealing: Sealing | undefined, { configFile }: RunnerConfig): Sealing {
  if (sealing !== undefined) return sealing;
  throw new RunnerError('USAGE', 'no setting names what seals the keys', {
    remedy: `Write \`sealing: {credential: true}\` to ${configFile}, or sealing.keyFile or sealing.passphraseFile (docs/sealing.md).`,
  });
}

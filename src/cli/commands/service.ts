import { execFile } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { z } from 'zod';
import { loadIdentity } from '../../link/enrollment/identity.ts';
import { requirePolicy } from '../../policy/open-policy.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { openVault } from '../../secrets/vault/vault.ts';
import { systemHost, UNIT_FILE } from '../../service/host.ts';
import { installService } from '../../service/install.ts';
import { launchdPlist } from '../../service/launchd.ts';
import { systemdUnit } from '../../service/systemd.ts';
import { uninstallService } from '../../service/uninstall.ts';
import { loadSettings, type Invocation } from '../invocation.ts';
import { policySource } from '../policy-source.ts';
import { actAsOwner, assertConfigReadable } from '../ownership.ts';
import { runnerFilesOf, unitOptions } from '../service-files.ts';
import { secretDirectories } from '../../secrets/providers/registry.ts';

const answerSchema = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    remedy: z.string(),
    retryable: z.boolean(),
  }),
});

/** Prints the description of this installation for the machine's service manager. */
export async function print(invocation: Invocation): Promise<void> {
  const options = unitOptions(await loadSettings(invocation), invocation);
  const unit = systemHost().platform === 'darwin' ? launchdPlist(options) : systemdUnit(options);
  invocation.terminal.document({ unit }, unit.trimEnd());
}

/** Throws for anything that is missing or wrong, before it changes anything. */
export async function install(invocation: Invocation): Promise<void> {
  const { terminal, flags } = invocation;
  const settings = await loadSettings(invocation);
  const startNow = flags.has('now');
  await installService(
    {
      ...unitOptions(settings, invocation),
      files: runnerFilesOf(settings.config),
      check: () => checkInChild(invocation),
      startNow,
    },
    systemHost(),
  );
  terminal.result(
    { unitFile: UNIT_FILE, started: startNow },
    `Wrote ${UNIT_FILE}; the service is enabled${startNow ? ' and started' : ''}.`,
  );
}

export async function uninstall(invocation: Invocation): Promise<void> {
  const { terminal, flags } = invocation;
  if (!flags.has('purge')) {
    await uninstallService(systemHost());
    return terminal.result(
      { unitFile: UNIT_FILE, removed: true, purged: false },
      `Removed ${UNIT_FILE}. Kept state, configuration and user; remove them with --purge.`,
    );
  }
  const settings = await loadSettings(invocation);
  const { user, args, stateDir } = unitOptions(settings, invocation);
  await uninstallService(systemHost(), {
    user,
    args,
    stateDir,
    files: runnerFilesOf(settings.config),
  });
  terminal.result(
    { unitFile: UNIT_FILE, removed: true, purged: true },
    `Removed ${UNIT_FILE}, state, configuration, keys and user. Now revoke the runner in the control plane.`,
  );
}

/**
 * Checks that the service has everything it needs and that its user can read it. Throws
 * NOT_ENROLLED, POLICY_MISSING and the codes of files.
 */
export async function check(invocation: Invocation): Promise<void> {
  const { config } = await loadSettings(invocation);
  actAsOwner(config.stateDir);
  assertConfigReadable(config.configFile);
  const { name } = await loadIdentity(config.stateDir);
  await requirePolicy(policySource(config), secretDirectories(config.secrets));
  const secrets = await openVault(config.secrets.vault).list(invocation.interrupts.signal);
  invocation.terminal.result(
    { name, policyFile: config.policyFile, vaultSecrets: secrets.length },
    `Ready: enrolled as ${name}, policy in ${config.policyFile}, secrets in the vault: ${secrets.length}.`,
  );
}

/**
 * Runs `check` in a child process: it drops root's privileges permanently, and this command
 * still needs them.
 */
function checkInChild({ flags, env }: Invocation): Promise<void> {
  const own = ['now', 'user', 'purge', 'json'];
  const forwarded = [...flags]
    .filter(([name]) => !own.includes(name))
    .flatMap(([name, value]) => (value === true ? [`--${name}`] : [`--${name}`, value]));
  return new Promise((done, fail) => {
    execFile(
      process.execPath,
      [realpathSync(process.argv[1]!), 'service', 'check', '--json', ...forwarded],
      { env },
      (thrown, stdout) => {
        if (thrown === null) return done();
        try {
          fail(RunnerError.fromFailure(answerSchema.parse(JSON.parse(stdout)).error));
        } catch {
          fail(
            new RunnerError('INTERNAL', '`service check` ended without a result', {
              cause: thrown,
            }),
          );
        }
      },
    );
  });
}

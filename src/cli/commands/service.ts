import { execFile } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { z } from 'zod';
import { failureSchema } from '../../../foundation/src/runtime/failure-schema.ts';
import { systemClock } from '../../../foundation/src/runtime/clock.ts';
import { systemRandom } from '../../../foundation/src/runtime/random.ts';
import { sealFor } from '../../sealing/seal.ts';
import { openSealingHere } from '../sealing/open-sealing-here.ts';
import { loadIdentity } from '../../link/enrollment/identity.ts';
import { requirePolicy } from '../../policy/open-policy.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { openVault } from '../../secrets/vault/vault.ts';
import { controlOf } from '../../service/control-of.ts';
import { systemHost } from '../../service/host.ts';
import { installService } from '../../service/install.ts';
import { readServiceState } from '../../service/state.ts';
import { uninstallService } from '../../service/uninstall.ts';
import { loadSettings, type Invocation } from '../invocation.ts';
import { policySource } from '../policy-source.ts';
import { actAsOwner, assertConfigReadable } from '../ownership.ts';
import { runnerFilesOf, unitOptions } from '../service-files.ts';
import { secretDirectories } from '../../secrets/providers/registry.ts';

const answerSchema = z.object({ error: failureSchema });

/** Prints the description of this installation for the machine's service manager. */
export async function print(invocation: Invocation): Promise<void> {
  const options = unitOptions(await loadSettings(invocation), invocation);
  const unit = controlOf(systemHost()).describe(options);
  invocation.terminal.document({ unit }, unit.trimEnd());
}

/** Throws for anything that is missing or wrong, before it changes anything. */
export async function install(invocation: Invocation): Promise<void> {
  const { terminal, flags } = invocation;
  const settings = await loadSettings(invocation);
  const host = systemHost();
  const { file: unitFile } = controlOf(host);
  const startNow = flags.has('now');
  await installService(
    {
      ...unitOptions(settings, invocation),
      files: runnerFilesOf(settings.config),
      check: () => checkInChild(invocation),
      startNow,
    },
    host,
  );
  terminal.result(
    { unitFile, started: startNow },
    `Wrote ${unitFile}; the service is enabled${startNow ? ' and started' : ''}.`,
  );
}

export async function uninstall(invocation: Invocation): Promise<void> {
  const { terminal, flags } = invocation;
  const host = systemHost();
  const { file: unitFile } = controlOf(host);
  if (!flags.has('purge')) {
    await uninstallService(host);
    return terminal.result(
      { unitFile, removed: true, purged: false },
      `Removed ${unitFile}. Kept state, configuration and user; remove them with --purge.`,
    );
  }
  const settings = await loadSettings(invocation);
  const { user, args, stateDir } = unitOptions(settings, invocation);
  await uninstallService(host, { user, args, stateDir, files: runnerFilesOf(settings.config) });
  terminal.result(
    { unitFile, removed: true, purged: true },
    `Removed ${unitFile}, state, configuration, keys and user. Now revoke the runner in the control plane.`,
  );
}

/** The service as the service manager has it; `hybrid-runner status` asks the runner itself. */
export async function status({ terminal }: Invocation): Promise<void> {
  const host = systemHost();
  const { file } = controlOf(host);
  const unitFile = [file, host.packagedUnitFile].find((path) => existsSync(path)) ?? null;
  const { isRunning, pid } = await readServiceState(host);
  const mainProcess = pid === 0 ? '' : `, process ${pid}`;
  terminal.result(
    { unitFile, running: isRunning, pid: pid === 0 ? null : pid },
    `${unitFile === null ? 'Not installed' : `Installed (${unitFile})`}; ${isRunning ? 'running' : 'not running'}${mainProcess}.`,
  );
}

/**
 * Checks that the service has everything it needs and that its user can read it. Throws
 * NOT_ENROLLED, POLICY_MISSING and the codes of files.
 */
export async function check(invocation: Invocation): Promise<void> {
  const { config } = await loadSettings(invocation);
  const sealing = await openSealingHere(config, invocation);
  actAsOwner(config.stateDir);
  assertConfigReadable(config.configFile);
  const { name } = await loadIdentity(config.stateDir, sealFor(sealing, 'identity-key'));
  await requirePolicy(policySource(config), secretDirectories(config.secrets));
  const secrets = await openVault(config.secrets.vault, {
    clock: systemClock,
    random: systemRandom,
    seal: sealing?.of('vault-key'),
  }).list(invocation.interrupts.signal);
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

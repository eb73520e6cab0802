import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { LoadedConfig } from '../../config/load.ts';
import type { RunnerConfig } from '../../config/runner-config.ts';
import { SYSTEM_CONFIG_DIR } from '../../config/surroundings.ts';
import { installService, systemHost, uninstallService, UNIT_FILE } from '../../service/install.ts';
import { systemdUnit, type UnitOptions } from '../../service/systemd.ts';
import { FINAL_EXIT_CODES } from '../exit-codes.ts';
import { loadSettings, needFlag, type Invocation } from '../invocation.ts';

/** The unit for this installation, on standard output. */
export async function print(invocation: Invocation): Promise<void> {
  const unit = systemdUnit(unitOptions(await loadSettings(invocation), invocation));
  invocation.terminal.result({ unit }, unit.trimEnd());
}

export async function install(invocation: Invocation): Promise<void> {
  const { terminal, flags } = invocation;
  const settings = await loadSettings(invocation);
  const startNow = flags.has('now');
  await installService({ ...unitOptions(settings, invocation), ...belongings(settings.config), startNow }, systemHost());
  terminal.result({ unitFile: UNIT_FILE, started: startNow }, `Wrote ${UNIT_FILE}; the service is enabled${startNow ? ' and started' : ''}.`);
  if (!existsSync(join(settings.config.stateDir, 'identity'))) terminal.notice('This runner is not enrolled yet: sudo hybrid-runner enroll --url … --token-file …, then sudo systemctl restart hybrid-runner');
}

export async function uninstall({ terminal }: Invocation): Promise<void> {
  await uninstallService(systemHost());
  terminal.result({ unitFile: UNIT_FILE, removed: true }, `Removed ${UNIT_FILE}. State, configuration and user are still there.`);
}

function unitOptions({ config }: LoadedConfig, { flags }: Invocation): UnitOptions {
  return {
    node: process.execPath, program: realpathSync(process.argv[1]!), configFile: existsSync(config.configFile) ? config.configFile : undefined,
    user: needFlag(flags, 'user'), stateDir: config.stateDir, drainTimeoutMs: config.drainTimeoutMs, finalExitCodes: FINAL_EXIT_CODES,
  };
}

/** The directory of the vault key is given away only where it is ours by name. */
function belongings({ configDir, configFile, policyFile, secrets: { vault: { keyFile } } }: RunnerConfig): { readable: string[]; owned: string[] } {
  const keys = join(configDir, 'keys');
  const ownDirectory = configDir === SYSTEM_CONFIG_DIR;
  return {
    readable: [...(ownDirectory ? [configDir] : []), configFile, policyFile],
    owned: [ownDirectory && dirname(keyFile) === keys ? keys : keyFile],
  };
}

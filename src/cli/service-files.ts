import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CONFIG_FILE_NAME, KEY_DIR_NAME, SYSTEM_PLACES } from '../config/places.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { RunnerConfig } from '../config/runner-config.ts';
import { environmentName, SETTING_KEYS, settingOf, type SettingKey } from '../config/schema.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { generationFileOf } from '../secrets/vault/generation-memory.ts';
import type { RunnerFiles } from '../service/install.ts';
import type { UnitOptions } from '../service/systemd.ts';
import { linkOf, rootOf, throughLink } from '../upgrade/installation.ts';
import { FINAL_EXIT_CODES } from './exit-codes.ts';
import { requireFlag, type Invocation } from './invocation.ts';

/**
 * Options of the unit for this installation with these settings. Throws INPUT_INVALID for settings
 * that a unit must not contain.
 */
export function unitOptions(settings: LoadedConfig, invocation: Invocation): UnitOptions {
  const { config } = settings;
  return {
    node: stable(process.execPath),
    program: stable(realpathSync(process.argv[1]!)),
    args: runArgs(settings, invocation),
    user: serviceUser(requireFlag(invocation.flags, 'user')),
    stateDir: config.stateDir,
    drainTimeoutMs: config.drainTimeoutMs,
    finalExitCodes: FINAL_EXIT_CODES,
  };
}

/** Names of users of services begin with an underscore on macOS. */
function serviceUser(name: string): string {
  return process.platform === 'darwin' && name === 'hybrid-runner' ? `_${name}` : name;
}

/** Through the link that selects a release, so that the unit stays when another is selected. */
function stable(path: string): string {
  const root = rootOf(process.argv[1]!);
  const link = linkOf(root);
  return link === undefined ? path : throughLink(path, { root, link });
}

/**
 * Passes the machine's configuration directory, because the file in it is optional and may appear
 * later.
 */
function runArgs(settings: LoadedConfig, invocation: Invocation): string[] {
  const { configDir, configFile } = settings.config;
  return [
    '--config',
    configDir !== SYSTEM_PLACES.configDir && existsSync(configFile) ? configFile : configDir,
    ...SETTING_KEYS.flatMap((key) => flagFor(key, settings, invocation)),
  ];
}

/**
 * The service does not inherit the flags and variables of this command, so the unit has to pass
 * them.
 */
function flagFor(
  key: SettingKey,
  { values, sources }: LoadedConfig,
  { flags, env }: Invocation,
): string[] {
  const { flag, isPath, secret } = settingOf(key);
  const { kind, name } = sources[key];
  const raw =
    kind === 'flag'
      ? flags.get(flag.slice(2))
      : kind === 'environment' && name === environmentName(key)
        ? env[name]
        : undefined;
  if (typeof raw !== 'string') return [];
  if (secret?.(raw) === true)
    throw new RunnerError(
      'INPUT_INVALID',
      `${name} contains a password, and every user can read a unit`,
      { remedy: `Set ${key} in ${CONFIG_FILE_NAME} instead.` },
    );
  const value = values[key];
  return [flag, isPath === true && typeof value === 'string' ? value : raw];
}

/** Only directories with the program's own names are handed over to the service. */
export function runnerFilesOf({
  configDir,
  configFile,
  policyFile,
  controlPlane,
  network,
  secrets: { vault, files },
}: RunnerConfig): RunnerFiles {
  const ownConfig = configDir === SYSTEM_PLACES.configDir;
  const keys = join(configDir, KEY_DIR_NAME);
  return {
    directories: ownConfig ? [configDir] : [],
    readable: [configFile, policyFile],
    ownDirectories: ownConfig && dirname(vault.keyFile) === keys ? [keys] : [],
    owned: [vault.file, vault.keyFile, generationFileOf(vault.keyFile)],
    foreign: [controlPlane.caFile, network.caFile, files.directory].filter(
      (path) => path !== undefined,
    ),
  };
}

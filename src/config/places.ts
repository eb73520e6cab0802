import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Surroundings } from './surroundings.ts';

/*
 * Where a runner's files are. Every command, the systemd unit and the container image go by this module alone.
 *
 *   configuration directory   runner.yaml, policy.yaml, keys/vault.key
 *   state directory           identity, spool, vault.json, status.sock
 *
 * The machine's runner has them in SYSTEM_PLACES; any other user has a runner of their own below their home directory.
 * Which of the two a process means depends on the user alone, never on which files happen to exist, so that a command
 * does not take the configuration from one runner and the state from the other.
 */

export interface Places {
  readonly configDir: string;
  readonly stateDir: string;
}

export const SYSTEM_PLACES: Places = {
  configDir: '/etc/hybrid-runner',
  stateDir: '/var/lib/hybrid-runner',
};
export const CONFIG_FILE_NAME = 'runner.yaml';
/** Below the configuration directory. */
export const KEY_DIR_NAME = 'keys';

/** Names the configuration file or directory. */
export const CONFIG_VARIABLE = 'HYBRID_RUNNER_CONFIG';

/**
 * What the image sets. The configuration is mounted, often read-only and from outside, so the vault's key has a directory
 * of its own, which is a volume beside that of the state.
 */
export const IMAGE_ENVIRONMENT: Readonly<Record<string, string>> = {
  [CONFIG_VARIABLE]: SYSTEM_PLACES.configDir,
  HYBRID_RUNNER_STATE_DIR: SYSTEM_PLACES.stateDir,
  HYBRID_RUNNER_SECRETS_VAULT_KEY_FILE: `${SYSTEM_PLACES.stateDir}-keys/vault.key`,
};

export interface ConfigPlace {
  readonly configDir: string;
  readonly configFile: string;
  /** Whether someone named this very file; then it must exist. */
  readonly named: boolean;
}

/** Absolute paths, from `--config`, the variable, systemd's `$CONFIGURATION_DIRECTORY`, or the user, in this order. */
export function findConfig(flag: string | undefined, around: Surroundings): ConfigPlace {
  const given = [flag, around.env[CONFIG_VARIABLE]].find(
    (path) => path !== undefined && path !== '',
  );
  if (given === undefined)
    return inDirectory(
      firstDirectory(around.env['CONFIGURATION_DIRECTORY']) ?? placesOf(around).configDir,
    );
  const path = resolve(around.workingDir, given);
  return isDirectory(path)
    ? inDirectory(path)
    : { configDir: resolve(path, '..'), configFile: path, named: true };
}

/** The directory that systemd made for a service, else the user's. */
export function defaultStateDir(around: Surroundings): string {
  return firstDirectory(around.env['STATE_DIRECTORY']) ?? placesOf(around).stateDir;
}

/** Whether this process acts for the machine's runner: root, or the service's user, whose group `service install` gives the configuration to. */
export function actsForSystem(): boolean {
  if (process.getuid?.() === 0) return true;
  const group = statSync(SYSTEM_PLACES.configDir, { throwIfNoEntry: false })?.gid;
  return group !== undefined && group !== 0 && group === process.getgid?.();
}

function placesOf(around: Surroundings): Places {
  if (around.actsForSystem) return SYSTEM_PLACES;
  return {
    configDir: userDir(around, 'XDG_CONFIG_HOME', '.config'),
    stateDir: userDir(around, 'XDG_STATE_HOME', '.local/state'),
  };
}

function inDirectory(configDir: string): ConfigPlace {
  return { configDir, configFile: join(configDir, CONFIG_FILE_NAME), named: false };
}

/** systemd separates several directories by colons. */
function firstDirectory(list: string | undefined): string | undefined {
  const first = list?.split(':')[0];
  return first === undefined || first === '' ? undefined : first;
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function userDir(around: Surroundings, variable: string, fallback: string): string {
  const base = around.env[variable];
  return join(
    base !== undefined && base.startsWith('/') ? base : join(around.home, fallback),
    'hybrid-runner',
  );
}

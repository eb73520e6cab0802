import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ProcessContext } from './process-context.ts';

/*
 * The places of a runner's files. Every command, the systemd unit and the container image take them
 * from this module.
 *
 *   configuration directory   runner.yaml, policy.yaml, keys/vault.key state directory
 *   identity, spool, vault.json, status.sock
 *
 * The machine's runner uses SYSTEM_PLACES; any other user has a separate runner below the home
 * directory. Which of the two a process uses depends only on the user, never on which files exist,
 * so a command cannot combine the configuration of one runner with the state of the other.
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

/** Path of the configuration file or directory. */
export const CONFIG_VARIABLE = 'HYBRID_RUNNER_CONFIG';

/**
 * Variables that the image sets. The configuration is mounted from outside, often read-only, so the
 * vault's key has its own directory, a volume beside that of the state.
 */
export const IMAGE_ENVIRONMENT: Readonly<Record<string, string>> = {
  [CONFIG_VARIABLE]: SYSTEM_PLACES.configDir,
  HYBRID_RUNNER_STATE_DIR: SYSTEM_PLACES.stateDir,
  HYBRID_RUNNER_SECRETS_VAULT_KEY_FILE: `${SYSTEM_PLACES.stateDir}-keys/vault.key`,
};

export interface ConfigPlace {
  readonly configDir: string;
  readonly configFile: string;
  /** Whether `--config` or the variable names the file; then it must exist. */
  readonly named: boolean;
}

/**
 * Absolute paths, from `--config`, the variable, systemd's `$CONFIGURATION_DIRECTORY`, or the user,
 * in this order.
 */
export function findConfig(flag: string | undefined, context: ProcessContext): ConfigPlace {
  const requested = [flag, context.env[CONFIG_VARIABLE]].find(
    (path) => path !== undefined && path !== '',
  );
  if (requested === undefined)
    return inDirectory(
      firstDirectory(context.env['CONFIGURATION_DIRECTORY']) ?? placesOf(context).configDir,
    );
  const path = resolve(context.workingDir, requested);
  return isDirectory(path)
    ? inDirectory(path)
    : { configDir: resolve(path, '..'), configFile: path, named: true };
}

/** The directory that systemd created for the service, else the user's. */
export function defaultStateDir(context: ProcessContext): string {
  return firstDirectory(context.env['STATE_DIRECTORY']) ?? placesOf(context).stateDir;
}

/**
 * Whether this process acts for the machine's runner: root, or a member of the group that `service
 * install` gave the configuration to.
 */
export function actsForSystem(): boolean {
  if (process.getuid?.() === 0) return true;
  const group = statSync(SYSTEM_PLACES.configDir, { throwIfNoEntry: false })?.gid;
  return group !== undefined && group !== 0 && group === process.getgid?.();
}

function placesOf(context: ProcessContext): Places {
  if (context.actsForSystem) return SYSTEM_PLACES;
  return {
    configDir: userDir(context, 'XDG_CONFIG_HOME', '.config'),
    stateDir: userDir(context, 'XDG_STATE_HOME', '.local/state'),
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

function userDir(context: ProcessContext, variable: string, fallback: string): string {
  const base = context.env[variable];
  return join(
    base !== undefined && base.startsWith('/') ? base : join(context.home, fallback),
    'hybrid-runner',
  );
}

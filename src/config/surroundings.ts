import { existsSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';

/** What the process was started with, as far as configuration looks at it. */
export interface Surroundings {
  readonly env: Readonly<NodeJS.ProcessEnv>;
  readonly workingDir: string;
  readonly isRoot: boolean;
  readonly home: string;
  readonly hostname: string;
  readonly credentialsDir: string | undefined;
  readonly join: (...parts: string[]) => string;
}

export const ENV_PREFIX = 'HYBRID_RUNNER_';
/** Names the configuration file. */
export const CONFIG_FILE_VARIABLE = `${ENV_PREFIX}CONFIG`;

export const SYSTEM_CONFIG_DIR = '/etc/hybrid-runner';
export const SYSTEM_STATE_DIR = '/var/lib/hybrid-runner';
const FILE_NAME = 'runner.yaml';

export function surroundingsOf(env: Readonly<NodeJS.ProcessEnv>): Surroundings {
  return {
    env, workingDir: process.cwd(), isRoot: process.getuid?.() === 0, home: homedir(), hostname: hostname(), join,
    credentialsDir: env['CREDENTIALS_DIRECTORY'],
  };
}

/** The file to read, and whether someone named it (then it must exist). */
export function findConfigFile(flag: string | undefined, around: Surroundings): { readonly path: string; readonly named: boolean } {
  const named = flag ?? around.env[CONFIG_FILE_VARIABLE];
  if (named !== undefined && named !== '') return { path: named, named: true };
  const system = join(SYSTEM_CONFIG_DIR, FILE_NAME);
  if (around.isRoot || existsSync(system)) return { path: system, named: false };
  return { path: join(userDir(around, 'XDG_CONFIG_HOME', '.config'), FILE_NAME), named: false };
}

/** systemd names the directory it made; without it, root has the system's and everyone else their own. */
export function defaultStateDir(around: Surroundings): string {
  const given = around.env['STATE_DIRECTORY']?.split(':')[0];
  if (given !== undefined && given !== '') return given;
  return around.isRoot ? SYSTEM_STATE_DIR : userDir(around, 'XDG_STATE_HOME', '.local/state');
}

function userDir(around: Surroundings, variable: string, fallback: string): string {
  const base = around.env[variable];
  return join(base !== undefined && base.startsWith('/') ? base : join(around.home, fallback), 'hybrid-runner');
}

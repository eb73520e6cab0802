import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { actsForSystem } from './places.ts';

/** The context of the process that configuration depends on. */
export interface ProcessContext {
  readonly env: Readonly<NodeJS.ProcessEnv>;
  readonly workingDir: string;
  /** Whether this process acts for the machine's runner, not for a user's own. */
  readonly actsForSystem: boolean;
  readonly home: string;
  readonly hostname: string;
  readonly credentialsDir: string | undefined;
  readonly join: (...parts: string[]) => string;
}

export const ENV_PREFIX = 'HYBRID_RUNNER_';

export function processContext(env: Readonly<NodeJS.ProcessEnv>): ProcessContext {
  return {
    env,
    workingDir: process.cwd(),
    actsForSystem: actsForSystem(),
    home: homedir(),
    hostname: hostname(),
    join,
    credentialsDir: env['CREDENTIALS_DIRECTORY'],
  };
}

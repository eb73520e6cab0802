import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { actsForSystem } from './places.ts';

/** What the process was started with, as far as configuration looks at it. */
export interface Surroundings {
  readonly env: Readonly<NodeJS.ProcessEnv>;
  readonly workingDir: string;
  /** Whether this is the machine's runner and not one of the user's own. */
  readonly actsForSystem: boolean;
  readonly home: string;
  readonly hostname: string;
  readonly credentialsDir: string | undefined;
  readonly join: (...parts: string[]) => string;
}

export const ENV_PREFIX = 'HYBRID_RUNNER_';

export function surroundingsOf(env: Readonly<NodeJS.ProcessEnv>): Surroundings {
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

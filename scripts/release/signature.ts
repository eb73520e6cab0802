import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Keeps a signature of a release from being taken for one of something else, for example of a
 * commit.
 */
const NAMESPACE = 'hybrid-runner-release';
const DEFAULT_KEY = join(homedir(), '.config/hybrid-ingestion-runner/release-key');

/**
 * Signs a file with an OpenSSH key, to `FILE.sig`: `HYBRID_RUNNER_RELEASE_KEY`, or the maintainers'
 * usual place. Returns whether there is a key.
 */
export function sign(file: string): boolean {
  const key = process.env['HYBRID_RUNNER_RELEASE_KEY'] ?? DEFAULT_KEY;
  rmSync(`${file}.sig`, { force: true });
  if (!existsSync(key)) return false;
  const { status } = spawnSync(
    'ssh-keygen',
    ['-Y', 'sign', '-q', '-f', key, '-n', NAMESPACE, file],
    {
      stdio: 'inherit',
    },
  );
  if (status !== 0) throw new Error(`ssh-keygen did not sign ${file} with ${key}`);
  return true;
}

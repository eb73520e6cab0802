import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');

/**
 * Sets core.hooksPath to the project's hooks, unless other hooks are configured. The build calls
 * it, because .npmrc disables install scripts, which dependencies could abuse.
 */
export function installGitHooks() {
  if (!existsSync(join(root, '.git'))) return;
  const git = (...args) => spawnSync('git', ['config', '--local', ...args], { cwd: root });
  if (git('--get', 'core.hooksPath').status === 1) git('core.hooksPath', '.githooks');
}

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');

/**
 * Points git at the project's hooks, unless the developer has chosen other hooks. Called by the build, because `npm ci`
 * runs no scripts here (.npmrc): a dependency's install script could do anything.
 */
export function installGitHooks() {
  if (!existsSync(join(root, '.git'))) return;
  const git = (...args) => spawnSync('git', ['config', '--local', ...args], { cwd: root });
  if (git('--get', 'core.hooksPath').status === 1) git('core.hooksPath', '.githooks');
}

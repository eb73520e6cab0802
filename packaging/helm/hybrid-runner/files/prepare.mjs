// Runs before the runner: provides its identity, unless the volume has one from an earlier start.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const state = process.env.HYBRID_RUNNER_STATE_DIR;
const secret = '/run/hybrid-runner/identity';
const token = '/run/hybrid-runner/enrollment/token';
const program = ['/usr/bin/node', '/usr/lib/hybrid-runner/bin/hybrid-runner.js'];

mkdirSync(join(state, 'identity'), { recursive: true, mode: 0o700 });
if (existsSync(secret)) {
  if (isOther(settingsIn(secret), settingsIn(state))) copyIdentity();
} else if (!existsSync(join(state, 'identity/key.pem'))) {
  const { status } = spawnSync(program[0], [program[1], 'enroll', '--token-file', token], {
    stdio: 'inherit',
  });
  process.exit(status ?? 1);
}

/** The same enrollment is not copied: the volume has the key that the runner has made since. */
function isOther(given, stored) {
  return stored?.runnerId !== given.runnerId || stored.enrolledAt < given.enrolledAt;
}

function settingsIn(directory) {
  try {
    return JSON.parse(readFileSync(join(directory, 'settings.json'), 'utf8'));
  } catch (thrown) {
    if (directory === secret) throw thrown;
    return undefined;
  }
}

/** The settings come last: a start that is interrupted before that is repeated. */
function copyIdentity() {
  for (const name of ['key.next.pem', 'key.previous.pem', 'key.enrolled.pem', 'keys.json'])
    rmSync(join(state, 'identity', name), { force: true });
  // The runner reads only files that no other user can read, unlike those of a mounted Secret.
  for (const [name, path] of [
    ['key.pem', 'identity/key.pem'],
    ['settings.json', 'settings.json'],
  ])
    writeFileSync(join(state, path), readFileSync(join(secret, name)), { mode: 0o600 });
}

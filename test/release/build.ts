import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { TestProject } from 'vitest/node';
import { copyRepository } from '../install/release.ts';
import { run, runWell, say } from '../install/run.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Directories of two builds of this repository, in different places. */
    readonly release: string;
    readonly repeated: string;
    /** The public half of the key that signs them. */
    readonly publicKey: string;
  }
}

const root = resolve(import.meta.dirname, '../..');
/** Any moment, so that two builds agree without git. */
const SOURCE_DATE_EPOCH = '1700000000';

export default async function setup(project: TestProject): Promise<() => void> {
  const directory = mkdtempSync(join(tmpdir(), 'release-test-'));
  const [release, repeated] = [join(directory, 'release'), join(directory, 'repeated')];
  const copy = copyRepository();
  await ownModules(copy);
  const key = join(directory, 'key');
  await runWell('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', key]);
  say('building a release');
  await build(root, release, key);
  say('building it again');
  await build(copy, repeated, key);
  project.provide('release', release);
  project.provide('repeated', repeated);
  project.provide('publicKey', readFileSync(`${key}.pub`, 'utf8'));
  return () => {
    for (const path of [directory, copy]) rmSync(path, { recursive: true, force: true });
  };
}

/**
 * The names of files in the bundle depend on where packages are, as in a clone of its own: beside
 * its sources.
 */
async function ownModules(copy: string): Promise<void> {
  const modules = join(copy, 'node_modules');
  rmSync(modules);
  const cp = ['--archive', '--no-target-directory', join(root, 'node_modules'), modules];
  const linked = await run('cp', ['--link', ...cp]);
  if (linked.code !== 0) await runWell('cp', ['--force', ...cp]);
}

async function build(from: string, out: string, key: string): Promise<void> {
  await runWell(process.execPath, [join(from, 'scripts/release/main.ts'), '--out', out], {
    cwd: from,
    env: { ...process.env, SOURCE_DATE_EPOCH, HYBRID_RUNNER_RELEASE_KEY: key },
  });
}

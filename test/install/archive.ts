import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKSUMS, writeChecksums } from '../../scripts/release/checksums.ts';
import { sign } from '../../scripts/release/signature.ts';
import { runWell } from './run.ts';

export const nameOf = (version: string): string => `hybrid-runner-${version}-linux-x64`;
export const archiveOf = (version: string): string => `${nameOf(version)}.tar.gz`;

/**
 * A key that signs releases from now on in this process. Returns a signers' file that trusts it.
 */
export function makeReleaseKey(directory: string): string {
  const key = join(directory, 'release-key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', key]);
  Object.assign(process.env, { HYBRID_RUNNER_RELEASE_KEY: key });
  return `release namespaces="hybrid-runner-release" ${readFileSync(`${key}.pub`, 'utf8')}`;
}

/** Waits for ever in `run`, as a release with a defect would; all other commands work. */
const DEFECT = `
if (process.argv.includes('run')) {
  process.on('SIGTERM', () => process.exit(0));
  await new Promise(() => setInterval(() => undefined, 1000));
}
`;

/** A signed release of the same version, whose service never connects. Returns its directory. */
export async function breakRelease(release: string, version: string): Promise<string> {
  const broken = join(release, 'broken');
  const unpacked = join(broken, 'unpacked');
  mkdirSync(unpacked, { recursive: true });
  await runWell('tar', ['-xzf', join(release, archiveOf(version)), '-C', unpacked]);
  const program = join(unpacked, nameOf(version), 'bin/hybrid-runner.js');
  const [shebang, ...rest] = readFileSync(program, 'utf8').split('\n');
  writeFileSync(program, [shebang, DEFECT, ...rest].join('\n'));
  const archive = join(broken, archiveOf(version));
  await runWell('tar', ['--format=ustar', '-czf', archive, '-C', unpacked, nameOf(version)]);
  writeChecksums(broken);
  sign(join(broken, CHECKSUMS));
  return broken;
}

/** Copies an archive with its checksums and their signature to a directory of a machine. */
export function copyRelease(release: string, version: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of [archiveOf(version), CHECKSUMS, `${CHECKSUMS}.sig`])
    cpSync(join(release, name), join(to, name));
}

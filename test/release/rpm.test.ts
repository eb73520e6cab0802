import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { copyRoot, pristineRoot } from '../install/debian-root.ts';
import { releaseObstacle } from '../install/obstacle.ts';
import { ownVersion, pack } from '../install/release.ts';
import { run, runWell, type Result } from '../install/run.ts';

const NEWER = '999.0.0';
const packageOf = (version: string): string => `hybrid-runner-${version}-1.x86_64.rpm`;

describe.skipIf(releaseObstacle() !== undefined)('the RPM package, with rpm’s own tools', () => {
  let root: string;
  let newer: string;

  /** The system's libraries are not rpm's there, hence `--nodeps`. */
  const rpm = (...args: readonly string[]): Promise<string> =>
    runWell('rpm', ['--root', root, '--nodeps', ...args]);
  const inside = (...command: readonly string[]): Promise<Result> =>
    run('chroot', [root, ...command]);
  const configuration = (): string => join(root, 'etc/hybrid-runner/runner.yaml');

  beforeAll(async () => {
    root = join(mkdtempSync(join(tmpdir(), 'rpm-')), 'root');
    await copyRoot(await pristineRoot(), root);
    mkdirSync(join(root, 'var/lib/rpm'), { recursive: true });
    newer = join(await pack(NEWER, 'rpm', join(root, '..')), packageOf(NEWER));
  });
  afterAll(() => {
    if (root !== undefined) rmSync(join(root, '..'), { recursive: true, force: true });
  });

  it('installs program, user and directories, and requires what Node.js is linked with', async () => {
    const file = join(inject('release'), packageOf(ownVersion()));
    expect(await runWell('rpm', ['--query', '--requires', '--package', file])).toContain('glibc');
    await rpm('--install', file);
    expect((await inside('hybrid-runner', 'version')).stdout).toContain(
      `hybrid-runner ${ownVersion()} (linux x64, Node 24.`,
    );
    const { stdout } = await inside(
      'stat',
      '--format=%n %U:%G %a',
      '/etc/hybrid-runner',
      '/etc/hybrid-runner/keys',
      '/etc/hybrid-runner/runner.yaml',
      '/var/lib/hybrid-runner',
    );
    expect(stdout.trim().split('\n')).toEqual([
      '/etc/hybrid-runner root:hybrid-runner 750',
      '/etc/hybrid-runner/keys hybrid-runner:hybrid-runner 700',
      '/etc/hybrid-runner/runner.yaml root:hybrid-runner 640',
      '/var/lib/hybrid-runner hybrid-runner:hybrid-runner 700',
    ]);
  });

  it.each([
    ['an upgrade', () => newer, ['--upgrade'], NEWER],
    [
      'a downgrade',
      () => join(inject('release'), packageOf(ownVersion())),
      ['--upgrade', '--oldpackage'],
      ownVersion(),
    ],
  ] as const)('keeps an edited configuration during %s', async (what, file, flags, version) => {
    appendFileSync(configuration(), `# before ${what}\n`);
    await rpm(...flags, file());
    expect((await inside('hybrid-runner', '--version')).stdout).toBe(`${version}\n`);
    expect(readFileSync(configuration(), 'utf8')).toContain(`# before ${what}`);
  });

  it('leaves configuration, state and user when it is removed', async () => {
    await rpm('--erase', 'hybrid-runner');
    expect(existsSync(join(root, 'usr/lib/hybrid-runner'))).toBe(false);
    expect(existsSync(join(root, 'usr/bin/hybrid-runner'))).toBe(false);
    expect(existsSync(join(root, 'var/lib/hybrid-runner'))).toBe(true);
    expect(readFileSync(`${configuration()}.rpmsave`, 'utf8')).toContain('# before a downgrade');
    expect((await inside('getent', 'passwd', 'hybrid-runner')).code).toBe(0);
  });
});

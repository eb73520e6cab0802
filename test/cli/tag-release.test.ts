import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const FILES = [
  'package.json',
  'package-lock.json',
  'foundation/package.json',
  'openmetadata/package.json',
  'control-plane/package.json',
  'sandbox-org/package.json',
  'README.md',
  'packaging/README.md',
  'scripts/tag-release.js',
];
const CHANGELOG =
  '# Changelog\n\n## Unreleased\n\n- Something new.\n\n## 0.0.9 (2025-01-01)\n\n- Old.\n';

describe('npm run release:tag', () => {
  let clone: string;
  const read = (path: string): string => readFileSync(join(clone, path), 'utf8');
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=Test', '-c', 'user.email=test@example.com', ...args], {
      cwd: clone,
      encoding: 'utf8',
    });
  const tagRelease = (...args: string[]): { status: number | null; stderr: string } =>
    spawnSync(process.execPath, ['scripts/tag-release.js', ...args], {
      cwd: clone,
      encoding: 'utf8',
      env: {
        PATH: process.env['PATH'],
        GIT_AUTHOR_NAME: 'Test',
        GIT_AUTHOR_EMAIL: 'test@example.com',
        GIT_COMMITTER_NAME: 'Test',
        GIT_COMMITTER_EMAIL: 'test@example.com',
      },
    });

  beforeEach(() => {
    clone = mkdtempSync(join(tmpdir(), 'release-'));
    for (const path of FILES) {
      mkdirSync(join(clone, path, '..'), { recursive: true });
      cpSync(join(root, path), join(clone, path));
    }
    writeFileSync(join(clone, 'CHANGELOG.md'), CHANGELOG);
    git('init', '--quiet');
    git('add', '--all');
    git('commit', '--quiet', '--message', 'Start');
  });
  afterEach(() => rmSync(clone, { recursive: true }));

  it('sets the version everywhere, dates the changelog section, and tags the commit', () => {
    expect(tagRelease('7.8.9')).toMatchObject({ status: 0 });
    expect(git('tag', '--list', '--format=%(refname:short) %(contents)').trim()).toBe(
      'v7.8.9 - Something new.',
    );
    expect(read('CHANGELOG.md')).toMatch(
      /^# Changelog\n\n## Unreleased\n\n## 7\.8\.9 \(\d{4}-\d\d-\d\d\)\n\n- Something new\.\n\n## 0\.0\.9/,
    );
    for (const path of FILES.filter((name) => name.endsWith('package.json')))
      expect(JSON.parse(read(path))).toMatchObject({ version: '7.8.9' });
    expect(JSON.parse(read('package-lock.json'))).toMatchObject({
      version: '7.8.9',
      packages: { '': { version: '7.8.9' }, 'control-plane': { version: '7.8.9' } },
    });
    expect(read('README.md')).toContain('hybrid-runner_7.8.9_amd64.deb');
    expect(read('packaging/README.md')).toContain('hybrid-control-plane_7.8.9_amd64.deb');
    expect(read('packaging/README.md')).not.toMatch(/hybrid-\S+0\.1\.0/);
    expect(git('status', '--porcelain')).toBe('');
  });

  it('changes nothing if there is nothing to release, or the version is used or missing', () => {
    expect(tagRelease()).toMatchObject({ status: 1, stderr: expect.stringContaining('1.2.3') });
    expect(tagRelease('7.8.9')).toMatchObject({ status: 0 });
    expect(tagRelease('7.8.9').stderr).toContain('tag v7.8.9 exists');
    expect(tagRelease('7.9.0').stderr).toContain('nothing under "## Unreleased"');
    writeFileSync(join(clone, 'README.md'), 'changed');
    expect(tagRelease('7.9.0').stderr).toContain('working tree has changes');
    expect(git('tag', '--list').trim()).toBe('v7.8.9');
  });
});

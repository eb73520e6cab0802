import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { ownVersion } from '../install/release.ts';
import { releaseObstacle } from '../install/obstacle.ts';
import { run, runWell } from '../install/run.ts';

const VERSION = ownVersion();
const RUNNER = `hybrid-runner-${VERSION}`;

describe.skipIf(releaseObstacle() !== undefined)('npm run release', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'artifacts-'));
  const artifact = (name: string): string => join(inject('release'), name);
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  it('makes every artifact, with its checksum', async () => {
    const names = readdirSync(inject('release'));
    expect(names.filter((name) => !/^SHA256SUMS|\.cdx\.json$/.test(name)).sort()).toEqual(
      [
        `${RUNNER}.tgz`,
        `hybrid-ingestion-runner-${VERSION}.tgz`,
        `hybrid-runner_${VERSION}_amd64.deb`,
        `hybrid-runner_${VERSION}_arm64.deb`,
        `${RUNNER}-1.x86_64.rpm`,
        `${RUNNER}-1.aarch64.rpm`,
        `${RUNNER}-linux-x64.tar.gz`,
        `${RUNNER}-linux-arm64.tar.gz`,
        `${RUNNER}-darwin-arm64.tar.gz`,
        `${RUNNER}-win-x64.zip`,
        `${RUNNER}.oci.tar`,
        `hybrid-control-plane_${VERSION}_amd64.deb`,
        `hybrid-control-plane_${VERSION}_arm64.deb`,
        `hybrid-control-plane-${VERSION}.oci.tar`,
        `hybrid-control-plane-${VERSION}.tgz`,
      ].sort(),
    );
    await runWell('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: inject('release') });
    expect(readFileSync(artifact('SHA256SUMS'), 'utf8').trim().split('\n')).toHaveLength(
      names.filter((name) => !name.startsWith('SHA256SUMS')).length,
    );
  });

  it.each(['SHA256SUMS', 'SHA256SUMS.sig'])('makes the same bytes again, elsewhere: %s', (name) => {
    expect(readFileSync(join(inject('repeated'), name), 'utf8')).toBe(
      readFileSync(artifact(name), 'utf8'),
    );
  });

  it('makes an archive that runs from wherever it is, also through links', async () => {
    await runWell('tar', ['-xzf', artifact(`${RUNNER}-linux-x64.tar.gz`), '-C', scratch]);
    symlinkSync(`${RUNNER}-linux-x64`, join(scratch, 'current'));
    symlinkSync(join(scratch, 'current/bin/hybrid-runner'), join(scratch, 'link'));
    expect(await runWell(join(scratch, 'link'), ['version'], { env: {} })).toContain(
      `hybrid-runner ${VERSION} (linux x64, Node 24.`,
    );
  });

  it.each([
    [
      'darwin-arm64.tar.gz',
      'tar',
      ['-tzf'],
      ['bin/hybrid-runner', 'bin/node', 'launchd/hybrid-runner.plist'],
    ],
    ['linux-arm64.tar.gz', 'tar', ['-tzf'], ['bin/hybrid-runner', 'bin/node']],
    [
      'win-x64.zip',
      'python3',
      ['-m', 'zipfile', '-l'],
      ['bin/hybrid-runner.cmd', 'bin/node.exe', 'windows/hybrid-runner-service.xml'],
    ],
  ] as const)(
    'puts into %s what starts the program there, and all licenses',
    async (suffix, program, args, expected) => {
      const list = await runWell(program, [...args, artifact(`${RUNNER}-${suffix}`)]);
      const home = `${RUNNER}-${suffix.split('.')[0]}`;
      for (const name of [...expected, 'dist/cli/main.js', 'LICENSE', 'THIRD-PARTY.txt'])
        expect(list).toContain(`${home}/${name}`);
      expect(list).not.toContain('.map');
    },
  );

  it('names in the notices every package of the bundle, and Node.js', async () => {
    const notices = readFileSync(join(scratch, `${RUNNER}-linux-x64/THIRD-PARTY.txt`), 'utf8');
    for (const name of ['ws', 'zod', 'protobufjs', 'Node.js'])
      expect(notices).toContain(`=== ${name} `);
    expect(notices).toContain('Permission is hereby granted');
  });

  it.each([
    [`hybrid-runner_${VERSION}_amd64.deb`, 'dpkg-deb', ['--contents'], '/usr/share', '.gz'],
    [`${RUNNER}-1.x86_64.rpm`, 'rpm', ['--query', '--list', '--package'], '/usr/share', ''],
    [`${RUNNER}-linux-x64.tar.gz`, 'tar', ['-tzf'], `${RUNNER}-linux-x64/share`, ''],
  ] as const)(
    'puts man page and completions into %s, where man and shells look for them',
    async (name, program, args, share, suffix) => {
      const list = await runWell(program, [...args, artifact(name)]);
      for (const path of [
        `man/man1/hybrid-runner.1${suffix}`,
        'bash-completion/completions/hybrid-runner',
        `zsh/${program === 'dpkg-deb' ? 'vendor-completions' : 'site-functions'}/_hybrid-runner`,
        'fish/vendor_completions.d/hybrid-runner.fish',
      ])
        expect(list).toContain(`${share}/${path}\n`);
    },
  );

  it('lets a Debian or RPM package check itself', async () => {
    const deb = artifact(`hybrid-runner_${VERSION}_amd64.deb`);
    const unpacked = join(scratch, 'deb');
    await runWell('dpkg-deb', ['--raw-extract', deb, unpacked]);
    expect(
      await run('md5sum', ['--check', '--quiet', 'DEBIAN/md5sums'], { cwd: unpacked }),
    ).toMatchObject({ code: 0 });
    for (const script of ['postinst', 'prerm', 'postrm']) {
      const text = readFileSync(join(unpacked, 'DEBIAN', script), 'utf8');
      expect(text).not.toContain('@');
      await runWell('sh', ['-n', join(unpacked, 'DEBIAN', script)]);
    }
    await runWell('rpm', ['--checksig', '--nosignature', artifact(`${RUNNER}-1.x86_64.rpm`)]);
  });
});

import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readmeCommands } from './readme.ts';
import { copyRepository, ownVersion } from './release.ts';
import { runWell } from './run.ts';

describe('npm pack', () => {
  let copy: string;
  const stale = 'dist/chunks/stale-AAAAAAAA.js';
  const build = (...args: string[]): Promise<string> =>
    runWell(process.execPath, ['scripts/build.js', ...args], { cwd: copy });
  const packed = async (): Promise<string[]> => {
    const [{ files }] = JSON.parse(
      await runWell('npm', ['pack', '--dry-run', '--json'], { cwd: copy }),
    ) as [{ files: { path: string }[] }];
    return files.map(({ path }) => path);
  };

  beforeAll(async () => {
    copy = copyRepository();
    await build();
    writeFileSync(join(copy, stale), '');
    appendFileSync(join(copy, 'src/cli/version.ts'), '\n');
    await build();
  });
  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  it('omits chunks of earlier builds that are kept for running programs', async () => {
    expect(existsSync(join(copy, stale))).toBe(true);
    const files = await packed();
    expect(files).toContain('dist/cli/main.js');
    expect(files).not.toContain(stale);
  });

  it('packs all that the program imports', async () => {
    const files = await packed();
    const imported = files
      .filter((path) => path.endsWith('.js') && path.startsWith('dist/'))
      .flatMap((path) =>
        [
          ...readFileSync(join(copy, path), 'utf8').matchAll(
            /(?:from|import\()"(?:\.\.?\/)+(?<name>chunks\/)?(?<file>[\w.-]+-[A-Z0-9]{8}\.js)"/g,
          ),
        ].map(({ groups }) => `dist/chunks/${groups!['file']}`),
      );
    expect(imported.length).toBeGreaterThan(20);
    expect(imported.filter((path) => !files.includes(path))).toEqual([]);
  });

  it('has no such chunks after a release build', async () => {
    await build('--fresh');
    expect(existsSync(join(copy, stale))).toBe(false);
  });
});

describe('README.md', () => {
  it('names the package of this version', () => {
    expect(readmeCommands('Install a runner')[0]).toContain(
      `./hybrid-runner_${ownVersion()}_amd64.deb`,
    );
  });
});

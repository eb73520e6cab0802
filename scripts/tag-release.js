import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/**
 * Makes the commit and the tag of a release: `npm run release:tag -- 1.2.3`. The section
 * "Unreleased" of CHANGELOG.md gets the version and the date and becomes the text of the tag; the
 * version is set wherever it is written. Pushes nothing. docs/RELEASING.md has the whole procedure.
 */
const root = resolve(import.meta.dirname, '..');
const { workspaces } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const MANIFESTS = ['', ...workspaces];
/** They name files of a release. */
const DOCUMENTS = ['README.md', 'packaging/README.md'];
const UNRELEASED = '## Unreleased\n';

class ReleaseError extends Error {}

function git(...args) {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
}

function edit(path, change) {
  const file = join(root, path);
  writeFileSync(file, change(readFileSync(file, 'utf8')));
}

function checked(version) {
  if (!/^\d+\.\d+\.\d+(?:-[0-9a-z.]+)?$/.test(version ?? ''))
    throw new ReleaseError('name the version: npm run release:tag -- 1.2.3');
  if (git('status', '--porcelain') !== '')
    throw new ReleaseError('the working tree has changes; commit or stash them first');
  if (git('tag', '--list', `v${version}`) !== '')
    throw new ReleaseError(`tag v${version} exists; choose a higher version`);
  return version;
}

/** What has changed since the last release. */
function unreleasedSection() {
  const text = readFileSync(join(root, 'CHANGELOG.md'), 'utf8');
  const [, rest] = text.split(UNRELEASED);
  const section = rest?.split(/^## /m)[0]?.trim() ?? '';
  if (section === '')
    throw new ReleaseError(
      'CHANGELOG.md has nothing under "## Unreleased"; describe the release there',
    );
  return section;
}

function setVersion(version) {
  const before = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;
  for (const folder of MANIFESTS)
    edit(join(folder, 'package.json'), (text) =>
      text.replace(`"version": "${before}"`, `"version": "${version}"`),
    );
  edit('package-lock.json', (text) => {
    const lock = JSON.parse(text);
    lock.version = version;
    for (const folder of MANIFESTS) lock.packages[folder].version = version;
    return `${JSON.stringify(lock, undefined, 2)}\n`;
  });
  for (const path of DOCUMENTS)
    edit(path, (text) =>
      text.replaceAll(
        new RegExp(`(hybrid-(?:runner|control-plane)[-_:])${RegExp.escape(before)}`, 'g'),
        `$1${version}`,
      ),
    );
}

try {
  const version = checked(process.argv[2]);
  const section = unreleasedSection();
  const date = new Date().toISOString().slice(0, 10);
  setVersion(version);
  edit('CHANGELOG.md', (text) =>
    text.replace(UNRELEASED, `${UNRELEASED}\n## ${version} (${date})\n`),
  );
  git('commit', '--quiet', '--all', '--message', `Release ${version}\n\n${section}`);
  git('tag', '--annotate', `v${version}`, '--cleanup=verbatim', '--message', section);
  process.stdout.write(`Tagged v${version}. Next: npm run release, then git push --follow-tags\n`);
} catch (thrown) {
  if (!(thrown instanceof ReleaseError)) throw thrown;
  process.stderr.write(`tag-release: ${thrown.message}\n`);
  process.exitCode = 1;
}

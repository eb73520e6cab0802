import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { runWell, say } from './run.ts';

const root = resolve(import.meta.dirname, '../..');
/** What a release is made from. */
const SOURCES = [
  'bin',
  'proto',
  'src',
  'packaging',
  'scripts',
  'package.json',
  'package-lock.json',
  '.npmrc',
  'README.md',
  'LICENSE',
  'CHANGELOG.md',
];

export interface Release {
  readonly version: string;
  /** With Node, for this machine's platform. */
  readonly file: string;
  readonly withoutNode: string;
}

/**
 * Packs a copy of this repository under a version, as `npm run release` does. No two versions have
 * a file of code in common.
 */
export async function pack(version: string, into: string): Promise<Release> {
  say(`packing ${version}`);
  const copy = copyRepository();
  try {
    const manifest = JSON.parse(readFileSync(join(copy, 'package.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    writeFileSync(
      join(copy, 'package.json'),
      JSON.stringify({ ...manifest, version }, undefined, 2),
    );
    const build = join(copy, 'scripts/build.js');
    writeFileSync(
      build,
      readFileSync(build, 'utf8').replace(
        "'chunks/[name]-[hash]'",
        `'chunks/${version}-[name]-[hash]'`,
      ),
    );
    const out = join(into, version);
    await runWell(process.execPath, [
      join(copy, 'scripts/release.js'),
      '--platform',
      'linux-x64',
      '--out',
      out,
    ]);
    const name = join(out, `hybrid-ingestion-runner-${version}`);
    return { version, file: `${name}-linux-x64.tgz`, withoutNode: `${name}.tgz` };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** A directory that a release can be made in, to be removed afterwards. */
export function copyRepository(): string {
  const copy = mkdtempSync(join(tmpdir(), 'pack-'));
  for (const name of SOURCES) cpSync(join(root, name), join(copy, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

export function ownVersion(): string {
  return (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string })
    .version;
}

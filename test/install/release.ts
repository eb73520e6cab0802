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
  'foundation',
  'openmetadata',
  'control-plane',
  'packaging',
  'scripts',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  '.npmrc',
  'README.md',
  'LICENSE',
  'CHANGELOG.md',
  'docs/release-signers',
];

interface PackOptions {
  readonly product?: string;
  /** The keys that the release trusts, instead of those of this repository. */
  readonly signers?: string;
}

/**
 * Builds these artifacts from a copy of this repository, under a version. No two versions have a
 * file of code in common. Returns their directory.
 */
export async function pack(
  version: string,
  artifacts: string,
  into: string,
  { product = 'hybrid-runner', signers }: PackOptions = {},
): Promise<string> {
  say(`packing ${version}`);
  const copy = copyRepository();
  try {
    const manifest = JSON.parse(readFileSync(join(copy, 'package.json'), 'utf8')) as object;
    writeFileSync(
      join(copy, 'package.json'),
      JSON.stringify({ ...manifest, version }, undefined, 2),
    );
    if (signers !== undefined) writeFileSync(join(copy, 'docs/release-signers'), signers);
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
      join(copy, 'scripts/release/main.ts'),
      '--product',
      product,
      '--only',
      artifacts,
      '--arch',
      'amd64',
      '--out',
      out,
    ]);
    return out;
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

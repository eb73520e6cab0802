import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { contentOf, copy, text, under, withDirectories, type Entry } from './entries.ts';
import type { NodeBinary } from './node-binary.ts';
import { commandLinks, filesOnOwnNode, thirdPartyNotices, type Product } from './product.ts';
import { root, run } from './run.ts';
import { tool } from './tools.ts';

export type PackageFormat = 'deb' | 'rpm';

export interface PackageOptions {
  readonly product: Product;
  readonly format: PackageFormat;
  /** As nFPM names it: amd64, arm64. */
  readonly arch: string;
  readonly node: NodeBinary;
  readonly epoch: number;
  readonly scratch: string;
  readonly out: string;
}

/**
 * What the packages need of the system: what Node.js is linked with, and the program that creates
 * users.
 */
const DEPENDENCIES = {
  deb: ['libc6 (>= 2.28)', 'libstdc++6 (>= 8)', 'passwd'],
  rpm: ['glibc >= 2.28', 'libstdc++', 'shadow-utils'],
} as const;

const SCRIPTS = {
  deb: { postinstall: 'postinst', preremove: 'prerm', postremove: 'postrm' },
  rpm: { preinstall: 'pre', postinstall: 'post', preremove: 'preun', postremove: 'postun' },
} as const;

/** Writes a Debian or RPM package to `out`. Returns its path. */
export function buildPackage(options: PackageOptions): string {
  const { product, format, arch, epoch, scratch, out } = options;
  const staging = mkdtempSync(join(scratch, `${product.name}-${arch}-${format}-`));
  const config = join(staging, 'nfpm.json');
  writeFileSync(
    config,
    JSON.stringify({
      name: product.name,
      platform: 'linux',
      arch,
      version: product.version,
      version_schema: 'semver',
      section: 'net',
      priority: 'optional',
      maintainer: 'Hybrid Ingestion Runner maintainers',
      description: `${product.summary}\n${product.description}`,
      license: 'Apache-2.0',
      mtime: new Date(epoch * 1000).toISOString(),
      depends: DEPENDENCIES[format],
      contents: contents(options, staging),
      scripts: scripts(options, staging),
      [format]: { compression: 'zstd' },
      rpm: { compression: 'zstd:3', summary: product.summary, buildhost: 'localhost' },
    }),
  );
  const said = run(
    tool('nfpm'),
    ['package', '--config', config, '--packager', format, '--target', out],
    { env: { ...process.env, SOURCE_DATE_EPOCH: `${epoch}` } },
  );
  return /^created package: (?<file>.+)$/m.exec(said)!.groups!['file']!;
}

function contents(options: PackageOptions, staging: string): object[] {
  const { name, configFile } = options.product;
  const config = `etc/${name}/${configFile}`;
  const files = installedFiles(options).map((entry) => ({
    dst: `/${entry.path}`,
    ...(entry.kind === 'link'
      ? { src: entry.target, type: 'symlink' }
      : { src: staged(entry, staging), file_info: { mode: entry.mode } }),
  }));
  return [
    ...ownDirectories(options).map((path) => ({
      dst: `/${path}`,
      type: 'dir',
      file_info: { mode: 0o755 },
    })),
    ...files,
    {
      dst: `/${config}`,
      src: join(root, 'packaging/linux', configFile),
      type: 'config|noreplace',
      file_info: { mode: 0o644 },
    },
  ];
}

/** Directories that only this package has, so that removing it removes them. */
function ownDirectories(options: PackageOptions): string[] {
  const own = [`usr/lib/${options.product.name}`, `usr/share/doc/${options.product.name}`];
  return withDirectories(installedFiles(options))
    .filter(
      ({ kind, path }) =>
        kind === 'directory' && own.some((one) => `${path}/`.startsWith(`${one}/`)),
    )
    .map(({ path }) => path);
}

/** Where a package of any distribution puts its files. */
function installedFiles({ product, node, format }: PackageOptions): Entry[] {
  const { name, unit, shared } = product;
  const home = `usr/lib/${name}`;
  const docs = `usr/share/doc/${name}`;
  const program = filesOnOwnNode(product, `${home}/bin/node`);
  return [
    ...under(
      home,
      program.filter(({ path }) => path !== 'LICENSE'),
    ),
    copy(`${home}/bin/node`, node.file, 0o755),
    ...commandLinks(product),
    copy(`usr/lib/systemd/system/${name}.service`, unit),
    ...under('usr/share', format === 'deb' ? shared.map(asOnDebian) : shared),
    text(`${docs}/copyright`, readFileSync(join(root, 'LICENSE'), 'utf8')),
    text(`${docs}/THIRD-PARTY.txt`, thirdPartyNotices(product, node)),
    compressed(copy(`${docs}/changelog`, join(root, 'CHANGELOG.md'))),
  ];
}

/** zsh looks for completions of packages in another directory on Debian. */
function asOnDebian(entry: Entry): Entry {
  const path = entry.path.replace('zsh/site-functions', 'zsh/vendor-completions');
  return compressed({ ...entry, path });
}

/** Manual pages and changelogs are compressed on Debian. */
function compressed(entry: Entry): Entry {
  if (!/man\d|changelog$/.test(entry.path)) return entry;
  const content = gzipSync(contentOf(entry), { level: 9 });
  return { kind: 'file', path: `${entry.path}.gz`, content, mode: entry.mode };
}

function staged(entry: Entry, staging: string): string {
  if (entry.kind === 'copy') return entry.from;
  const file = join(staging, 'root', entry.path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, contentOf(entry));
  return file;
}

function scripts({ product, format }: PackageOptions, staging: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(SCRIPTS[format]).map(([when, name]) => {
      const source = readFileSync(join(root, 'packaging/linux', format, name), 'utf8');
      const file = join(staging, name);
      writeFileSync(file, filledIn(source, product));
      return [when, file];
    }),
  );
}

function filledIn(
  script: string,
  { name, userComment, configFile, ownDirectories }: Product,
): string {
  return script
    .replaceAll('@NAME@', name)
    .replaceAll('@COMMENT@', userComment)
    .replaceAll('@CONFIG_FILE@', configFile)
    .replaceAll('@OWN_DIRECTORIES@', ownDirectories.join(' '));
}

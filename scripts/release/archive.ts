import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { copy, text, under, type Entry } from './entries.ts';
import type { NodeBinary } from './node-binary.ts';
import { thirdPartyNotices, type Product } from './product.ts';
import { root } from './run.ts';
import { tar } from './tar.ts';
import { zip } from './zip.ts';

export interface ArchiveOptions {
  readonly product: Product;
  /** As the npm package of its Node.js names it: linux-x64, win-x64. */
  readonly platform: string;
  readonly node: NodeBinary;
  readonly epoch: number;
  readonly out: string;
}

/** What only one system needs: how the program is started there, and how it becomes a service. */
function ofSystem({ name }: Product, platform: string): Entry[] {
  const file = (path: string, from: string, mode?: number): Entry =>
    text(path, filledIn(from, name), mode);
  if (platform.startsWith('win'))
    return [
      file(`bin/${name}.cmd`, 'archive/launcher.cmd'),
      file(`windows/${name}-service.xml`, 'windows/service.xml'),
    ];
  const launcher = file(`bin/${name}`, 'archive/launcher.sh', 0o755);
  return platform.startsWith('darwin')
    ? [launcher, file(`launchd/${name}.plist`, 'launchd/service.plist')]
    : [launcher];
}

function filledIn(path: string, name: string): string {
  return readFileSync(join(root, 'packaging', path), 'utf8').replaceAll('@NAME@', name);
}

/**
 * Writes an archive that runs from wherever it is unpacked: `.zip` for Windows, `.tar.gz` for
 * others. Returns its path.
 */
export function buildArchive({ product, platform, node, epoch, out }: ArchiveOptions): string {
  const windows = platform.startsWith('win');
  const name = `${product.name}-${product.version}-${platform}`;
  const entries = under(name, [
    ...product.files,
    ...under('share', windows ? [] : product.shared),
    copy(windows ? 'bin/node.exe' : 'bin/node', node.file, 0o755),
    ...ofSystem(product, platform),
    text('README.md', filledIn('archive/README.md', product.name)),
    text('THIRD-PARTY.txt', thirdPartyNotices(product, node)),
  ]);
  const file = join(out, `${name}${windows ? '.zip' : '.tar.gz'}`);
  writeFileSync(file, windows ? zip(entries, epoch) : gzipSync(tar(entries, epoch), { level: 9 }));
  return file;
}

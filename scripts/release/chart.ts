import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { text, tree } from './entries.ts';
import { root } from './run.ts';
import { tar } from './tar.ts';

/**
 * Writes a Helm chart with the release's version, as `helm package` does, but with the same bytes
 * each time. Returns its path.
 */
export function buildChart(name: string, version: string, epoch: number, out: string): string {
  const folder = join(root, 'packaging/helm', name);
  const manifest = readFileSync(join(folder, 'Chart.yaml'), 'utf8').replace(
    /^(?<key>version|appVersion): .*$/gm,
    `$<key>: ${version}`,
  );
  const entries = [
    ...tree(name, folder, (file) => file !== 'Chart.yaml'),
    text(`${name}/Chart.yaml`, manifest),
  ];
  const file = join(out, `${name}-${version}.tgz`);
  writeFileSync(file, gzipSync(tar(entries, epoch), { level: 9 }));
  return file;
}

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
    ...dashboardOf(name),
  ];
  const file = join(out, `${name}-${version}.tgz`);
  writeFileSync(file, gzipSync(tar(entries, epoch), { level: 9 }));
  return file;
}

/** The dashboard is kept beside the alert rules, for those who have no chart. */
function dashboardOf(name: string): readonly ReturnType<typeof text>[] {
  if (name !== 'hybrid-runner') return [];
  const file = join(root, 'packaging/observability/grafana-dashboard.json');
  return [text(`${name}/files/grafana-dashboard.json`, readFileSync(file, 'utf8'))];
}

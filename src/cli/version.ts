import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Defined by the bundle. */
declare const RUNNER_VERSION: string | undefined;

/** Version of this program. From sources, the version of the next bundle. */
export function version(): string {
  if (typeof RUNNER_VERSION === 'string') return RUNNER_VERSION;
  const manifest = JSON.parse(
    readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'),
  ) as { readonly version: string };
  return manifest.version;
}

/** To display: "linux x64, Node 24.21.0". */
export function platform(): string {
  return `${process.platform} ${process.arch}, Node ${process.versions.node}`;
}

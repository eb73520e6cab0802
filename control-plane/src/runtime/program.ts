import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Defined by the bundle of the package. */
declare const CONTROL_PLANE_VERSION: string | undefined;

const isPackaged = typeof CONTROL_PLANE_VERSION === 'string';

/** What the program is called where it runs, in texts that name a command. */
export const PROGRAM = isPackaged ? 'hybrid-control-plane' : 'control-plane';

/** Version of this program. From sources, the version of the next package. */
export function version(): string {
  if (isPackaged) return CONTROL_PLANE_VERSION;
  const path = join(import.meta.dirname, '../../package.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as { readonly version: string };
  return manifest.version;
}

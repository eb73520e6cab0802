import { join } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { readJson, root } from '../release/run.ts';
import { plugins } from './plugins.js';

/** Bundled CommonJS packages load modules of Node.js with require. */
const BANNER =
  "#!/usr/bin/env node\nimport { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);";

/**
 * Node.js lets the young generation grow to 128 MB, nearly all of it empty, when thousands of
 * runners connect. With less than this, the collector takes a fifth of the time under load. The
 * systemd unit has the same option.
 */
export const NODE_OPTIONS = '--max-semi-space-size=4';

/** Bundles the control plane into one file, as its packages run it. */
export async function bundleControlPlane(into: string): Promise<Metafile> {
  const { version } = readJson(join(root, 'package.json')) as { version: string };
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { main: 'control-plane/src/main.ts' },
    outdir: into,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    metafile: true,
    plugins,
    define: { CONTROL_PLANE_VERSION: JSON.stringify(version) },
    banner: { js: BANNER },
    minifyWhitespace: true,
    legalComments: 'linked',
    logLevel: 'warning',
  });
  return metafile;
}

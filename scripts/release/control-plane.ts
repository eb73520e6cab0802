import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { bundleControlPlane, NODE_OPTIONS } from '../bundle/control-plane.ts';
import { thirdPartyNotice } from '../third-party.js';
import { copy, tree, type Entry } from './entries.ts';
import type { Product } from './product.ts';
import { readJson, root } from './run.ts';

/**
 * Relative to the program's directory. As deep as the sources, which find console and proto from
 * where they are.
 */
const MAIN = 'control-plane/dist/server/main.js';
const BACKUP = 'bin/backup.js';

/**
 * The control plane, bundled into one file, which it is not in this repository: there it runs from
 * its sources.
 */
export async function controlPlane(scratch: string): Promise<Product> {
  const { version } = readJson(join(root, 'package.json')) as { version: string };
  const { files, notices } = await bundle(join(scratch, 'control-plane'));
  return {
    name: 'hybrid-control-plane',
    version,
    summary: 'offers Salesforce ingestions to runners and keeps their results',
    description: [
      'Accepts runners inside companies’ networks, offers them jobs and stores what they',
      'extract; has a web console, an API, and serves OpenMetadata servers as their pipeline',
      'service. Contains the Node.js that it runs on.',
    ].join(' '),
    userComment: 'Hybrid Ingestion Control Plane',
    configFile: 'options.env',
    ownDirectories: ['/var/lib/hybrid-control-plane'],
    main: MAIN,
    commands: { 'hybrid-control-plane': MAIN, 'hybrid-control-plane-backup': BACKUP },
    files,
    notices,
    unit: join(root, 'packaging/systemd/hybrid-control-plane.service'),
    imageDirectories: ['/var/lib/hybrid-control-plane'],
    imageEnvironment: { NODE_OPTIONS },
    imageCommand: [
      '--host=0.0.0.0',
      '--port=7443',
      '--probes=127.0.0.1:7480',
      '--data=/var/lib/hybrid-control-plane',
    ],
    shared: [],
  };
}

async function bundle(into: string): Promise<{ files: Entry[]; notices: string }> {
  mkdirSync(into);
  const metafile = await bundleControlPlane(into);
  return {
    notices: thirdPartyNotice(root, metafile.inputs).trimEnd(),
    files: [
      ...tree('control-plane/dist/server', into),
      ...tree('control-plane/console', join(root, 'control-plane/console')),
      ...tree('proto/hybrid/runner', join(root, 'proto/hybrid/runner'), (name) =>
        name.endsWith('.proto'),
      ),
      copy(BACKUP, join(root, 'packaging/control-plane/backup.js'), 0o755),
      copy('package.json', join(root, 'control-plane/package.json')),
      copy('LICENSE', join(root, 'LICENSE')),
    ],
  };
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ALLOCATOR } from '../../foundation/src/runtime/allocator.ts';
import { IMAGE_ENVIRONMENT } from '../../src/config/places.ts';
import { contentOf, copy, link, text, tree, type Entry } from './entries.ts';
import type { NodeBinary } from './node-binary.ts';
import { readJson, root } from './run.ts';

/** A program that is released, and what its packages, archives and image have in common. */
export interface Product {
  /** Of packages, archives, image, chart, service, user and command. */
  readonly name: string;
  readonly version: string;
  readonly summary: string;
  readonly description: string;
  /** Of the user that its packages create. */
  readonly userComment: string;
  /** The configuration file that packages install and never overwrite. */
  readonly configFile: string;
  /** Directories that belong to the service's user. */
  readonly ownDirectories: readonly string[];
  /** The file that service and image execute, relative to the program's directory. */
  readonly main: string;
  /** Files of the program's directory by the names of the commands that start them. */
  readonly commands: Readonly<Record<string, string>>;
  /** Everything but Node.js, relative to the program's directory. */
  readonly files: readonly Entry[];
  readonly notices: string;
  readonly unit: string;
  /** Directories that the image's user owns: its volumes. */
  readonly imageDirectories: readonly string[];
  readonly imageEnvironment: Readonly<Record<string, string>>;
  readonly imageCommand: readonly string[];
  /** Manual pages and completions, by their paths below /usr/share. */
  readonly shared: readonly Entry[];
}

const isProgram = (name: string): boolean => /\.js$|\.LEGAL\.txt$/.test(name);

const SHARED = [
  ['man/man1/hybrid-runner.1', 'packaging/man/hybrid-runner.1'],
  ['bash-completion/completions/hybrid-runner', 'packaging/completions/hybrid-runner.bash'],
  ['zsh/site-functions/_hybrid-runner', 'packaging/completions/_hybrid-runner'],
  ['fish/vendor_completions.d/hybrid-runner.fish', 'packaging/completions/hybrid-runner.fish'],
] as const;

export function runner(): Product {
  const { version } = readJson(join(root, 'package.json')) as { version: string };
  return {
    name: 'hybrid-runner',
    version,
    summary: 'runs Salesforce ingestions inside your network',
    description: [
      'Takes jobs from a data catalog’s control plane over one outbound connection, resolves',
      'credentials locally, extracts Salesforce metadata and streams OpenMetadata entities back.',
      'Contains the Node.js that it runs on.',
    ].join(' '),
    userComment: 'Hybrid Ingestion Runner',
    configFile: 'runner.yaml',
    ownDirectories: ['/etc/hybrid-runner/keys', '/var/lib/hybrid-runner'],
    main: 'bin/hybrid-runner.js',
    commands: { 'hybrid-runner': 'bin/hybrid-runner.js' },
    files: [
      copy('bin/hybrid-runner.js', join(root, 'bin/hybrid-runner.js'), 0o755),
      ...tree('dist', join(root, 'dist'), isProgram),
      ...tree('proto/hybrid/runner', join(root, 'proto/hybrid/runner'), (name) =>
        name.endsWith('.proto'),
      ),
      copy('package.json', join(root, 'package.json')),
      copy('LICENSE', join(root, 'LICENSE')),
      // The keys that `hybrid-runner upgrade` trusts for the next release.
      copy('release-signers', join(root, 'docs/release-signers')),
    ],
    notices: readFileSync(join(root, 'dist/THIRD-PARTY.txt'), 'utf8').trimEnd(),
    unit: join(root, 'packaging/systemd/hybrid-runner.service'),
    imageDirectories: ['/var/lib/hybrid-runner', '/var/lib/hybrid-runner-keys'],
    imageEnvironment: { ...IMAGE_ENVIRONMENT, ...ALLOCATOR },
    imageCommand: ['run'],
    shared: SHARED.map(([path, from]) => copy(path, join(root, from))),
  };
}

/** The notices of everything that is distributed with the program, Node.js included. */
export function thirdPartyNotices({ notices }: Product, node: NodeBinary): string {
  return `${notices}
=== Node.js ${node.version}, with the libraries that it contains

${node.license}`;
}

/**
 * All files of the program, relative to its directory; its commands are started by one Node.js of
 * the same package or image and no other.
 */
export function filesOnOwnNode({ files, commands }: Product, node: string): Entry[] {
  return files.map((entry) => {
    if (!Object.values(commands).includes(entry.path)) return entry;
    const source = contentOf(entry).toString();
    return text(entry.path, source.replace(/^#!.*/, `#!/${node} --disable-sigusr1`), 0o755);
  });
}

/** Links from /usr/bin to the commands. */
export function commandLinks({ name, commands }: Product): Entry[] {
  return Object.entries(commands).map(([command, path]) =>
    link(`usr/bin/${command}`, `../lib/${name}/${path}`),
  );
}

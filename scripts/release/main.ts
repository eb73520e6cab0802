import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildArchive } from './archive.ts';
import { buildChart } from './chart.ts';
import { CHECKSUMS, writeChecksums } from './checksums.ts';
import { controlPlane } from './control-plane.ts';
import { debianLibraries, type DebianPackage } from './debian-libraries.ts';
import { buildImage } from './image.ts';
import { buildPackage, type PackageFormat } from './linux-package.ts';
import { nodeBinary, type NodeBinary } from './node-binary.ts';
import { runner, type Product } from './product.ts';
import { root, run, sourceDateEpoch } from './run.ts';
import { writeSbom } from './sbom.ts';
import { sign } from './signature.ts';

/*
 * Writes the files of a release to release/, from a fresh build.
 *
 *   node scripts/release/main.ts [--product hybrid-runner] [--only deb,npm] [--arch amd64] [--out
 *   DIRECTORY]
 *
 * `--arch` limits the artifacts for Linux.
 */

const ARCHITECTURES: Readonly<Record<string, string>> = {
  amd64: 'linux-x64',
  arm64: 'linux-arm64',
};

interface Release {
  readonly architectures: readonly string[];
  readonly epoch: number;
  readonly scratch: string;
  readonly out: string;
}

/** What is released of each product. */
const PRODUCTS: Readonly<Record<string, readonly string[]>> = {
  'hybrid-runner': ['npm', 'deb', 'rpm', 'archive', 'image', 'chart'],
  'hybrid-control-plane': ['deb', 'image', 'chart'],
};

/** A file of the release, and what it contains beside the product. */
interface Artifact {
  readonly file: string;
  readonly nodes: readonly NodeBinary[];
  readonly debian?: readonly DebianPackage[];
}

/** Of archives beside those for Linux. */
const OTHER_PLATFORMS = ['darwin-arm64', 'win-x64'];

/** Builders by the name that `--only` takes. */
const BUILDERS: Readonly<Record<string, (product: Product, release: Release) => Artifact[]>> = {
  npm: npmPackage,
  deb: (product, release) => linuxPackages('deb', product, release),
  rpm: (product, release) => linuxPackages('rpm', product, release),
  archive: archives,
  image,
  chart: ({ name, version }, { epoch, out }) => [
    { file: buildChart(name, version, epoch, out), nodes: [] },
  ],
};

function npmPackage(_product: Product, { out }: Release): Artifact[] {
  const name = run('npm', ['pack', '--silent', '--pack-destination', out]).trim();
  return [{ file: join(out, name), nodes: [] }];
}

function linuxPackages(format: PackageFormat, product: Product, release: Release): Artifact[] {
  return release.architectures.map((arch) => {
    const node = nodeBinary(ARCHITECTURES[arch]!, release.scratch);
    return { file: buildPackage({ ...release, product, format, arch, node }), nodes: [node] };
  });
}

function archives(product: Product, release: Release): Artifact[] {
  const linux = release.architectures.map((arch) => ARCHITECTURES[arch]!);
  return [...linux, ...OTHER_PLATFORMS].map((platform) => {
    const node = nodeBinary(platform, release.scratch);
    return { file: buildArchive({ ...release, product, platform, node }), nodes: [node] };
  });
}

function image(product: Product, release: Release): Artifact[] {
  const bases = release.architectures.map((arch) => ({
    arch,
    node: nodeBinary(ARCHITECTURES[arch]!, release.scratch),
    libraries: debianLibraries(arch, release.scratch),
  }));
  return [
    {
      file: buildImage({
        ...release,
        product,
        bases: Object.fromEntries(bases.map((base) => [base.arch, base])),
      }),
      nodes: bases.map(({ node }) => node),
      debian: bases.flatMap(({ libraries }) => libraries.packages),
    },
  ];
}

async function productOf(name: string, scratch: string): Promise<Product> {
  return name === 'hybrid-runner' ? runner() : controlPlane(scratch);
}

function build(names: readonly string[], product: Product, release: Release): void {
  for (const name of names) {
    process.stderr.write(`${product.name}: ${name}\n`);
    for (const { file, nodes, debian = [] } of BUILDERS[name]!(product, release)) {
      const nodeVersions = nodes.map(({ version }) => version);
      // A chart contains no program, only its description.
      const contained = name === 'chart' ? { ...product, notices: '' } : product;
      writeSbom(file, { product: contained, nodeVersions, debian, epoch: release.epoch });
    }
  }
}

function choose(given: string | undefined, all: readonly string[]): string[] {
  const chosen = given?.split(',') ?? [...all];
  const unknown = chosen.find((name) => !all.includes(name));
  if (unknown !== undefined) throw new Error(`${unknown} is not one of ${all.join(', ')}`);
  return chosen;
}

const { values } = parseArgs({
  options: {
    product: { type: 'string' },
    only: { type: 'string' },
    arch: { type: 'string' },
    out: { type: 'string' },
  },
});
const scratch = mkdtempSync(join(tmpdir(), 'release-'));
try {
  const release: Release = {
    architectures: choose(values.arch, Object.keys(ARCHITECTURES)),
    epoch: sourceDateEpoch(),
    scratch,
    out: resolve(values.out ?? join(root, 'release')),
  };
  run(process.execPath, [join(root, 'scripts/build.js'), '--fresh', '--quiet']);
  mkdirSync(release.out, { recursive: true });
  for (const name of readdirSync(release.out))
    if (/^hybrid-|^SHA256SUMS/.test(name)) rmSync(join(release.out, name), { recursive: true });
  const only = choose(values.only, Object.keys(BUILDERS));
  for (const product of choose(values.product, Object.keys(PRODUCTS))) {
    const names = PRODUCTS[product]!.filter((name) => only.includes(name));
    if (names.length > 0) build(names, await productOf(product, scratch), release);
  }
  process.stdout.write(writeChecksums(release.out));
  if (!sign(join(release.out, CHECKSUMS)))
    process.stderr.write('not signed: there is no release key (docs/RELEASING.md)\n');
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

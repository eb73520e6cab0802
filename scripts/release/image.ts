import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Blobs, compress, digestOf, type Descriptor } from './blobs.ts';
import type { Libraries } from './debian-libraries.ts';
import { directory, text, under, type Entry } from './entries.ts';
import type { NodeBinary } from './node-binary.ts';
import { commandLinks, filesOnOwnNode, thirdPartyNotices, type Product } from './product.ts';
import { strip } from './strip.ts';
import { tar } from './tar.ts';

export interface ImageOptions {
  readonly product: Product;
  /** By processor: amd64, arm64. */
  readonly bases: Readonly<Record<string, ImageBase>>;
  readonly epoch: number;
  readonly out: string;
}

export interface ImageBase {
  readonly node: NodeBinary;
  readonly libraries: Libraries;
}

/** User and group of the program. Fixed, so that owners of volumes can be chosen in advance. */
const USER = 10_001;
const NODE = 'usr/bin/node';
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';
const CONFIG = 'application/vnd.oci.image.config.v1+json';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';

/**
 * Writes an image for several processors as an OCI layout in one tar file. It contains Node.js, its
 * libraries and the program: no shell, no package manager. Returns its path.
 */
export function buildImage(options: ImageOptions): string {
  const { product, bases, epoch, out } = options;
  const blobs = new Blobs();
  const manifests = Object.keys(bases).map((arch) => ({
    ...manifestOf(arch, options, blobs),
    platform: { os: 'linux', architecture: arch },
  }));
  const index = blobs.addJson(INDEX, { schemaVersion: 2, mediaType: INDEX, manifests });
  const annotations = { 'org.opencontainers.image.ref.name': `${product.name}:${product.version}` };
  const layout = [
    text('oci-layout', JSON.stringify({ imageLayoutVersion: '1.0.0' })),
    text(
      'index.json',
      JSON.stringify({
        schemaVersion: 2,
        mediaType: INDEX,
        manifests: [{ ...index, annotations }],
      }),
    ),
    ...blobs.entries(),
  ];
  const file = join(out, `${product.name}-${product.version}.oci.tar`);
  writeFileSync(file, tar(layout, epoch));
  return file;
}

function manifestOf(arch: string, options: ImageOptions, blobs: Blobs): Descriptor {
  const layers = layersOf(arch, options).map((entries) => tar(entries, options.epoch));
  const config = blobs.addJson(CONFIG, configOf(arch, options, layers));
  return blobs.addJson(MANIFEST, {
    schemaVersion: 2,
    mediaType: MANIFEST,
    config,
    layers: layers.map((layer) => blobs.add(LAYER, compress(layer))),
  });
}

/**
 * What changes least comes first: libraries, Node.js, program. The first two are the same in all
 * images, so that registries store them once.
 */
function layersOf(arch: string, options: ImageOptions): Entry[][] {
  const { node, libraries } = options.bases[arch]!;
  return [
    [...libraries.entries, directory('tmp', 0o1777)],
    [{ kind: 'file', path: NODE, content: strip(readFileSync(node.file)), mode: 0o755 }],
    programLayer(options.product, node),
  ];
}

function programLayer(product: Product, node: NodeBinary): Entry[] {
  const { name, imageDirectories } = product;
  const home = `usr/lib/${name}`;
  const withoutLogin = '::/nonexistent:/nonexistent';
  return [
    ...under(home, filesOnOwnNode(product, NODE)),
    text(`${home}/THIRD-PARTY.txt`, thirdPartyNotices(product, node)),
    ...commandLinks(product),
    text('etc/passwd', `root:x:0:0${withoutLogin}\n${name}:x:${USER}:${USER}${withoutLogin}\n`),
    text('etc/group', `root:x:0:\n${name}:x:${USER}:\n`),
    directory(`etc/${name}`, 0o750, 0, USER),
    ...imageDirectories.map((path) => directory(path.slice(1), 0o700, USER)),
  ];
}

function configOf(
  arch: string,
  { product, epoch }: ImageOptions,
  layers: readonly Buffer[],
): object {
  const { name, version, summary, main, imageDirectories, imageEnvironment, imageCommand } =
    product;
  const created = new Date(epoch * 1000).toISOString();
  return {
    created,
    os: 'linux',
    architecture: arch,
    config: {
      User: `${USER}:${USER}`,
      Env: Object.entries({ PATH: '/usr/bin', NODE_ENV: 'production', ...imageEnvironment }).map(
        ([key, value]) => `${key}=${value}`,
      ),
      Entrypoint: [`/${NODE}`, '--disable-sigusr1', `/usr/lib/${name}/${main}`],
      Cmd: imageCommand,
      WorkingDir: '/',
      Volumes: Object.fromEntries(imageDirectories.map((path) => [path, {}])),
      StopSignal: 'SIGTERM',
      Labels: {
        'org.opencontainers.image.title': name,
        'org.opencontainers.image.version': version,
        'org.opencontainers.image.description': summary,
        'org.opencontainers.image.licenses': 'Apache-2.0',
        'org.opencontainers.image.created': created,
      },
    },
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => digestOf(layer)) },
  };
}

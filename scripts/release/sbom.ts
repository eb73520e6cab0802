import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import { sha256 } from './checksums.ts';
import type { DebianPackage } from './debian-libraries.ts';
import type { Product } from './product.ts';

export interface SbomOptions {
  readonly product: Product;
  /** Of Node.js in the artifact. */
  readonly nodeVersions: readonly string[];
  readonly debian: readonly DebianPackage[];
  readonly epoch: number;
}

const { Component } = Models;
const { Application, Library, Platform } = Enums.ComponentType;

/** Writes what an artifact contains beside it, as CycloneDX. */
export function writeSbom(artifact: string, options: SbomOptions): void {
  const { product, epoch } = options;
  const bom = new Models.Bom();
  bom.metadata.timestamp = new Date(epoch * 1000);
  const main = component(
    Application,
    product.name,
    product.version,
    `pkg:generic/${product.name}@${product.version}`,
  );
  main.description = product.summary;
  main.hashes.set(Enums.HashAlgorithm['SHA-256'], sha256(artifact));
  main.licenses.add(new Models.SpdxLicense('Apache-2.0'));
  main.properties.add(new Models.Property('hybrid-runner:file', basename(artifact)));
  bom.metadata.component = main;
  for (const part of partsOf(options)) {
    bom.components.add(part);
    main.dependencies.add(part.bomRef);
  }
  const normalize = new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6);
  const text = new Serialize.JsonSerializer(normalize).serialize(bom, {
    sortLists: true,
    space: 1,
  });
  writeFileSync(`${artifact}.cdx.json`, `${text}\n`);
}

function partsOf({ product, nodeVersions, debian }: SbomOptions): Models.Component[] {
  return [
    ...bundledPackages(product),
    ...[...new Set(nodeVersions)].map(nodeComponent),
    ...debian.map(({ name, version, arch }) =>
      component(
        Library,
        name,
        version,
        `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=${arch}`,
      ),
    ),
  ];
}

/** The same list that the notices are made from. */
function bundledPackages({ notices }: Product): Models.Component[] {
  return [...notices.matchAll(/^=== (?<name>\S+) (?<version>\S+) \((?<license>.+)\)$/gm)].map(
    ({ groups }) => {
      const { name, version, license } = groups as Record<'name' | 'version' | 'license', string>;
      const found = component(
        Library,
        name,
        version,
        `pkg:npm/${name.replace('@', '%40')}@${version}`,
      );
      found.licenses.add(
        /[ ()]/.test(license)
          ? new Models.LicenseExpression(license)
          : new Models.SpdxLicense(license),
      );
      return found;
    },
  );
}

function nodeComponent(version: string): Models.Component {
  const node = component(Platform, 'node', version, `pkg:generic/node@${version}`);
  node.cpe = `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`;
  return node;
}

function component(
  type: Enums.ComponentType,
  name: string,
  version: string,
  purl: string,
): Models.Component {
  const slash = name.startsWith('@') ? name.indexOf('/') : -1;
  return new Component(type, name.slice(slash + 1), {
    ...(slash < 0 ? {} : { group: name.slice(0, slash) }),
    version,
    purl,
    bomRef: purl,
  });
}

import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { releaseObstacle } from '../install/obstacle.ts';
import { ownVersion } from '../install/release.ts';
import { run, type Result } from '../install/run.ts';

const repository = resolve(import.meta.dirname, '../..');
const NAMESPACE = 'hybrid-runner-release';

describe.skipIf(releaseObstacle() !== undefined)('the signature of a release', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'signature-'));
  const signers = join(scratch, 'signers');
  const sums = (): string => readFileSync(join(inject('release'), 'SHA256SUMS'), 'utf8');
  beforeAll(() =>
    writeFileSync(signers, `release namespaces="${NAMESPACE}" ${inject('publicKey')}`),
  );
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  /** The command of docs/RELEASING.md. */
  const verify = (text: string, file = signers, namespace = NAMESPACE): Promise<Result> =>
    run(
      'ssh-keygen',
      ['-Y', 'verify', '-f', file, '-I', 'release', '-n', namespace].concat(
        '-s',
        join(inject('release'), 'SHA256SUMS.sig'),
      ),
      { input: text },
    );

  it('verifies with the key that made it', async () => {
    expect(await verify(sums())).toMatchObject({ code: 0 });
  });

  it('does not verify for other checksums, another key, or another purpose', async () => {
    const changed = sums().replace(/^[0-9a-f]/, (digit) => (digit === '0' ? '1' : '0'));
    expect((await verify(changed)).code).not.toBe(0);
    expect((await verify(sums(), join(repository, 'docs/release-signers'))).code).not.toBe(0);
    expect((await verify(sums(), signers, 'git')).code).not.toBe(0);
  });

  it('is documented with a command that names the file of keys and the purpose', () => {
    const text = readFileSync(join(repository, 'docs/RELEASING.md'), 'utf8');
    expect(text).toContain(
      `ssh-keygen -Y verify -f docs/release-signers -I release -n ${NAMESPACE} -s SHA256SUMS.sig < SHA256SUMS`,
    );
    expect(readFileSync(join(repository, 'docs/release-signers'), 'utf8')).toMatch(
      new RegExp(`^release namespaces="${NAMESPACE}" ssh-ed25519 \\S+$`, 'm'),
    );
  });
});

interface Sbom {
  readonly metadata: { readonly component: { readonly hashes: readonly { content: string }[] } };
  readonly components?: readonly { readonly name: string; readonly purl: string }[];
}

describe.skipIf(releaseObstacle() !== undefined)('the SBOM of each artifact', () => {
  const library = dirname(
    createRequire(import.meta.url).resolve('@cyclonedx/cyclonedx-library/package.json'),
  );
  const schema = (name: string): object =>
    JSON.parse(readFileSync(join(library, 'res/schema', name), 'utf8')) as object;
  const names = (): string[] =>
    readdirSync(inject('release')).filter((name) => name.endsWith('.cdx.json'));
  const read = (name: string): Sbom =>
    JSON.parse(readFileSync(join(inject('release'), name), 'utf8')) as Sbom;
  const namesIn = (artifact: string): string[] =>
    (read(`${artifact}.cdx.json`).components ?? []).map(({ name }) => name);

  it('exists, is valid CycloneDX, and names the checksum of its artifact', () => {
    const ajv = new Ajv({ strict: false, validateFormats: false });
    for (const name of ['spdx', 'jsf-0.82', 'cryptography-defs']) {
      const file = `${name}.SNAPSHOT.schema.json`;
      ajv.addSchema(schema(file), `http://cyclonedx.org/schema/${file}`);
    }
    const validate = ajv.compile(schema('bom-1.6.SNAPSHOT.schema.json'));
    const artifacts = readdirSync(inject('release')).filter(
      (name) => !/^SHA256SUMS|\.cdx\.json$/.test(name),
    );
    expect(names().sort()).toEqual(artifacts.map((name) => `${name}.cdx.json`).sort());
    for (const artifact of artifacts) {
      const sbom = read(`${artifact}.cdx.json`);
      validate(sbom);
      expect(validate.errors ?? []).toEqual([]);
      const content = readFileSync(join(inject('release'), artifact));
      expect(sbom.metadata.component.hashes[0]!.content).toBe(
        createHash('sha256').update(content).digest('hex'),
      );
    }
  });

  it('lists what the artifact contains, and nothing else', () => {
    const runner = `hybrid-runner-${ownVersion()}`;
    expect(namesIn(`${runner}.oci.tar`)).toEqual(
      expect.arrayContaining(['ws', 'zod', 'node', 'libc6', 'libstdc++6', 'libgcc-s1']),
    );
    const deb = namesIn(`hybrid-runner_${ownVersion()}_amd64.deb`);
    expect(deb).toEqual(expect.arrayContaining(['ws', 'zod', 'node']));
    expect(deb).not.toContain('libc6');
    expect(namesIn(`hybrid-ingestion-${runner.slice(7)}.tgz`)).not.toContain('node');
    expect(namesIn(`${runner}.tgz`)).toEqual([]);
  });
});

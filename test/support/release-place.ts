import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { text, under, type Entry } from '../../scripts/release/entries.ts';
import { tar } from '../../scripts/release/tar.ts';
import { findInstallation, type Installation } from '../../src/upgrade/installation.ts';
import { readRelease, type Release } from '../../src/upgrade/release-file.ts';

export const OLD = 'hybrid-runner-1.0.0-linux-x64';
export const NEW = 'hybrid-runner-1.1.0-linux-x64';

/** An installation from an archive, and releases that are signed with a key that it trusts. */
export class ReleasePlace {
  readonly directory = mkdtempSync(join(tmpdir(), 'upgrade-'));
  readonly parent = join(this.directory, 'opt');
  readonly link = join(this.parent, 'hybrid-runner');
  readonly downloads = join(this.directory, 'downloads');
  readonly installation: Installation;
  readonly signers: string;
  readonly #key = join(this.directory, 'key');

  constructor() {
    mkdirSync(join(this.parent, OLD, 'bin'), { recursive: true });
    mkdirSync(this.downloads);
    symlinkSync(OLD, this.link);
    this.installation = findInstallation(join(this.parent, OLD), '1.0.0');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', this.#key]);
    const key = readFileSync(`${this.#key}.pub`, 'utf8');
    this.signers = `release namespaces="hybrid-runner-release" ${key}`;
  }

  /** A release as `npm run release` makes one, with a program that tells its version. */
  makeRelease(name = NEW, files: readonly Entry[] = program(name)): string {
    const archive = join(this.downloads, `${name}.tar.gz`);
    writeFileSync(archive, gzipSync(tar(under(name, files), 1)));
    this.sign(archive);
    return archive;
  }

  sign(archive: string): void {
    const sums = join(this.downloads, 'SHA256SUMS');
    const sum = createHash('sha256').update(readFileSync(archive)).digest('hex');
    writeFileSync(sums, `${sum}  ${archive.split('/').at(-1)}\n`);
    rmSync(`${sums}.sig`, { force: true });
    const options = ['-f', this.#key, '-n', 'hybrid-runner-release'];
    execFileSync('ssh-keygen', ['-Y', 'sign', '-q', ...options, sums]);
  }

  read(archive: string, signers = this.signers): Promise<Release> {
    return readRelease({ archive, platform: 'linux-x64', signers, now: Date.now() });
  }

  /** The release that the link selects. */
  selected(): string {
    return readlinkSync(this.link);
  }

  /** What an upgrade has not cleared away. */
  hidden(): string[] {
    return readdirSync(this.parent).filter((name) => name.startsWith('.'));
  }

  close(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export function program(name: string): readonly Entry[] {
  return [
    text('bin/node', `#!/bin/sh\necho ${name.split('-')[2]}\n`, 0o755),
    text('bin/hybrid-runner.js', ''),
  ];
}

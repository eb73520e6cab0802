import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ReleasePlace } from '../../test/support/release-place.ts';
import { findInstallation } from './installation.ts';

let place: ReleasePlace;

beforeEach(() => (place = new ReleasePlace()));
afterEach(() => place.close());

describe('an archive', () => {
  const refusal = { code: 'UPGRADE_REFUSED' };

  it('is rejected without a signature of a trusted key', async () => {
    const archive = place.makeRelease();
    const other = place.signers.replace(/[A-Za-z0-9+/]{10}\s*$/, 'AAAAAAAAAA');
    await expect(place.read(archive, other)).rejects.toMatchObject(refusal);
    rmSync(join(place.downloads, 'SHA256SUMS.sig'));
    await expect(place.read(archive)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  });

  it('is rejected if a byte differs from what was signed, or the end is missing', async () => {
    const archive = place.makeRelease();
    const bytes = readFileSync(archive);
    writeFileSync(archive, bytes.subarray(0, -9));
    await expect(place.read(archive)).rejects.toMatchObject(refusal);
    bytes[20]! ^= 1;
    writeFileSync(archive, bytes);
    await expect(place.read(archive)).rejects.toMatchObject(refusal);
  });

  it('is rejected if it was signed truncated, under another name or for another machine', async () => {
    const archive = place.makeRelease();
    writeFileSync(archive, readFileSync(archive).subarray(0, -9));
    place.sign(archive);
    await expect(place.read(archive)).rejects.toMatchObject(refusal);
    await expect(place.read(join(place.directory, 'other.tar.gz'))).rejects.toMatchObject(refusal);
    const arm = place.makeRelease('hybrid-runner-1.1.0-linux-arm64');
    await expect(place.read(arm)).rejects.toMatchObject(refusal);
  });
});

describe('an installation of another kind', () => {
  it.each([
    ['/usr/lib/hybrid-runner', ['/var/lib/dpkg/info/hybrid-runner.list'], 'apt install'],
    ['/usr/lib/hybrid-runner', ['/var/lib/rpm'], 'dnf install'],
    ['/usr/lib/hybrid-runner', [], 'container'],
    ['/usr/lib/node_modules/hybrid-ingestion-runner', [], 'npm install'],
  ])('in %s with %s names its own command', (root, files, words) => {
    expect(() => findInstallation(root, '1.0.0', (path) => files.includes(path))).toThrow(
      expect.objectContaining({
        code: 'UPGRADE_UNSUPPORTED',
        remedy: expect.stringContaining(words) as string,
      }) as Error,
    );
  });
});

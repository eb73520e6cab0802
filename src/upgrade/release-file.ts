import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { rejected, verifySignature } from './signature.ts';

const MAX_UNPACKED = 1024 ** 3;
const CHECKSUMS = 'SHA256SUMS';

/**
 * A release whose origin is verified, in memory, so that it cannot change between check and use.
 */
export interface Release {
  readonly version: string;
  /** The directory that the archive contains. */
  readonly name: string;
  readonly tar: Buffer;
}

export interface ReleaseOptions {
  readonly archive: string;
  /** Of this machine, as the archives name it: linux-x64. */
  readonly platform: string;
  readonly signers: string;
  readonly now: number;
}

/**
 * Reads an archive with SHA256SUMS and its signature beside it. Throws UPGRADE_REFUSED and
 * FILE_UNREADABLE.
 */
export async function readRelease(options: ReleaseOptions): Promise<Release> {
  const { archive, platform, signers, now } = options;
  const { version, name } = parseName(basename(archive), platform);
  const beside = (file: string): Promise<Buffer> => read(join(dirname(archive), file));
  const checksums = await beside(CHECKSUMS);
  verifySignature(checksums, (await beside(`${CHECKSUMS}.sig`)).toString(), signers, now);
  const bytes = await read(archive);
  const sum = createHash('sha256').update(bytes).digest('hex');
  if (
    !checksums
      .toString()
      .split('\n')
      .includes(`${sum}  ${basename(archive)}`)
  )
    throw rejected(`${basename(archive)} is not the file that ${CHECKSUMS} names`);
  return { version, name, tar: unzip(bytes) };
}

function parseName(file: string, platform: string): { version: string; name: string } {
  const match =
    /^(?<name>hybrid-runner-(?<version>\d+\.\d+\.\d+[\w.-]*?)-(?<platform>[a-z]+-\w+))\.tar\.gz$/.exec(
      file,
    );
  const { name, version, platform: other } = match?.groups ?? {};
  if (name === undefined || version === undefined)
    throw rejected(`${file} does not have the name of an archive of a release`);
  if (other !== platform) throw rejected(`${file} is for ${other}, this machine is ${platform}`);
  return { name, version };
}

async function read(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (thrown) {
    throw new RunnerError('FILE_UNREADABLE', `failed to read ${path}`, {
      cause: thrown,
      remedy: `Put the archive, ${CHECKSUMS} and ${CHECKSUMS}.sig of the release into one directory.`,
    });
  }
}

function unzip(bytes: Buffer): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_UNPACKED });
  } catch (thrown) {
    throw rejected('the archive is damaged', thrown);
  }
}

import { constants } from 'node:fs';
import { chmod, mkdir, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Disk } from '../../foundation/src/runtime/disk.ts';
import { renameDurably } from '../../foundation/src/runtime/atomic-write.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import type { Release } from './release-file.ts';
import { rejected } from './signature.ts';

const BLOCK = 512;
const EXECUTABLE = 0o111;

interface Entry {
  readonly path: string;
  readonly mode: number;
  readonly content: Buffer | undefined;
}

/**
 * Installs a release beside the others: under another name until all of it is durable. Returns its
 * directory. Leaves nothing when it throws: DISK_FULL, FILE_UNWRITABLE, UPGRADE_REFUSED.
 */
export async function unpack(release: Release, parent: string, disk: Disk): Promise<string> {
  const entries = readEntries(release);
  const unfinished = join(parent, `.${release.name}.unfinished`);
  const target = join(parent, release.name);
  try {
    await rm(unfinished, { recursive: true, force: true });
    await write(unfinished, { path: '', mode: EXECUTABLE, content: undefined });
    for (const entry of entries) await write(join(unfinished, entry.path), entry);
    await rm(target, { recursive: true, force: true });
    await renameDurably(disk, unfinished, target);
    return target;
  } catch (thrown) {
    await rm(unfinished, { recursive: true, force: true }).catch(() => undefined);
    throw RunnerError.from(thrown, 'FILE_UNWRITABLE');
  }
}

async function write(path: string, { mode, content }: Entry): Promise<void> {
  const permissions = content === undefined || (mode & EXECUTABLE) !== 0 ? 0o755 : 0o644;
  if (content === undefined) await mkdir(path, { recursive: true });
  else {
    await mkdir(dirname(path), { recursive: true });
    const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW;
    const file = await open(path, flags, permissions);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
  }
  // Regardless of this process's mask.
  await chmod(path, permissions);
}

/** Files and directories below the one directory of the archive, with paths relative to it. */
function readEntries({ tar, name }: Release): readonly Entry[] {
  const entries: Entry[] = [];
  for (let at = 0; ;) {
    const header = tar.subarray(at, at + BLOCK);
    if (header.length < BLOCK) throw rejected('the archive is truncated');
    if (header.every((byte) => byte === 0)) return entries;
    const size = Number.parseInt(text(header, 124, 12), 8);
    const content = tar.subarray(at + BLOCK, at + BLOCK + size);
    if (!Number.isSafeInteger(size) || content.length < size)
      throw rejected('the archive is truncated');
    const entry = entryOf(header, content, name);
    if (entry !== undefined) entries.push(entry);
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
}

function entryOf(header: Buffer, content: Buffer, name: string): Entry | undefined {
  const prefix = text(header, 345, 155);
  const full = `${prefix === '' ? '' : `${prefix}/`}${text(header, 0, 100)}`.replace(/\/$/, '');
  const type = text(header, 156, 1);
  if (full === name && type === '5') return undefined;
  const parts = full.split('/');
  const safe =
    parts.length > 1 && parts.every((part) => part !== '' && part !== '.' && part !== '..');
  if (!safe || parts[0] !== name || !['0', '5'].includes(type))
    throw rejected('the archive contains something other than files of its own directory');
  const mode = Number.parseInt(text(header, 100, 8), 8);
  return { path: parts.slice(1).join('/'), mode, content: type === '5' ? undefined : content };
}

function text(header: Buffer, at: number, length: number): string {
  const field = header.subarray(at, at + length);
  const end = field.indexOf(0);
  return field
    .subarray(0, end < 0 ? length : end)
    .toString()
    .trim();
}

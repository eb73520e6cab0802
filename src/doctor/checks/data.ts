import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Stats } from 'node:fs';
import { formatRoundedSize, formatSize } from '../../config/values/units.ts';
import type { RunnerConfig } from '../../config/runner-config.ts';
import { createDurably } from '../../../foundation/src/runtime/atomic-write.ts';
import { removeFile, type Disk } from '../../../foundation/src/runtime/disk.ts';
import { isMissing } from '../../../foundation/src/runtime/errno.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { assertSafe, OPEN_TO_OTHERS } from '../../../foundation/src/runtime/safe-file.ts';
import type { Check } from '../check.ts';
import { fail, failed, pass, skip, warn, type Finding } from '../finding.ts';
import type { Machine, Volume } from '../options.ts';

const MIN_INODES = 1_000;
/** Below this, runs pause almost at once. */
const MIN_FREE_BYTES = 64 * 1024 * 1024;
const TRIAL_PREFIX = '.doctor-';
const TRIAL = 'a trial of hybrid-runner doctor\n';
/** File systems that lose files at a restart, or whose fsync promises little: statfs(2). */
const UNSUITABLE: ReadonlyMap<number, string> = new Map([
  [0x01021994, 'tmpfs, which loses everything at a restart of the machine'],
  [0x858458f6, 'ramfs, which loses everything at a restart of the machine'],
  [0x6969, 'NFS, on which locks and fsync are not reliable'],
  [0xff534d42, 'CIFS, on which locks and fsync are not reliable'],
  [0xfe534d42, 'SMB, on which locks and fsync are not reliable'],
]);

/** The state directory: its owner, and whether records can be written to it durably. */
export const data: Check = {
  name: 'data',
  title: 'data directory',
  needs: ['configuration'],
  run: async ({ config, options: { machine } }) => {
    const settings = await config();
    const { stateDir } = settings;
    let stats: Stats;
    try {
      stats = await stat(stateDir);
    } catch (thrown) {
      return isMissing(thrown)
        ? [skip(stateDir, 'does not exist yet; enrollment creates it')]
        : [failed(stateDir, RunnerError.from(thrown, 'FILE_UNREADABLE'))];
    }
    return [
      access(stateDir, stats),
      await trialWrite(stateDir, machine),
      ...(await space(settings, machine)),
      await oneFileSystem(stateDir, stats),
    ];
  },
};

function access(stateDir: string, stats: Stats): Finding {
  try {
    assertSafe(stateDir, stats, OPEN_TO_OTHERS, 'self');
    return pass(stateDir, 'belongs to this user, and no other user has access');
  } catch (thrown) {
    return failed(stateDir, thrown);
  }
}

async function trialWrite(stateDir: string, { disk, random }: Machine): Promise<Finding> {
  const path = join(stateDir, `${TRIAL_PREFIX}${random.uuid()}`);
  try {
    await createDurably(disk, path, TRIAL);
    await disk.syncDirectory(stateDir);
    await removeLeftovers(stateDir, disk);
    return pass('write and fsync', 'work');
  } catch (thrown) {
    return failed('write and fsync', RunnerError.from(thrown, 'FILE_UNWRITABLE'));
  } finally {
    await removeFile(disk, path).catch(() => undefined);
  }
}

/** Of checks that were killed. */
async function removeLeftovers(stateDir: string, disk: Disk): Promise<void> {
  for (const name of await disk.list(stateDir))
    if (name.startsWith(TRIAL_PREFIX)) await removeFile(disk, join(stateDir, name));
}

async function space(config: RunnerConfig, machine: Machine): Promise<readonly Finding[]> {
  try {
    const volume = await machine.volumeOf(config.stateDir);
    const unsuitable = UNSUITABLE.get(volume.type);
    const kind =
      unsuitable === undefined
        ? []
        : [warn('kind', `the file system is ${unsuitable}`, 'Put stateDir on a local disk.')];
    return [spaceOn(volume, config), ...kind];
  } catch (thrown) {
    return [failed('space', RunnerError.from(thrown, 'FILE_UNREADABLE'))];
  }
}

function spaceOn({ freeBytes, freeInodes, inodes }: Volume, { spool }: RunnerConfig): Finding {
  const files = inodes === 0 ? 'any number of' : freeInodes;
  const free = `${formatRoundedSize(freeBytes)} and ${files} files free`;
  const detail = `${free}; records may take ${formatSize(spool.maxBytes)}`;
  if (freeBytes < MIN_FREE_BYTES || (inodes > 0 && freeInodes === 0))
    return {
      ...fail('space', detail, 'Free space on the file system of the state directory.'),
      code: 'DISK_FULL',
    };
  if (freeBytes < spool.maxBytes)
    return warn('space', detail, 'Free space there, or lower spool.maxBytes.');
  if (inodes > 0 && freeInodes < MIN_INODES)
    return warn('space', detail, 'Delete files there: few inodes left.');
  return pass('space', detail);
}

/** Files are renamed from one directory into another. */
async function oneFileSystem(stateDir: string, { dev }: Stats): Promise<Finding> {
  const parts = await Promise.all(
    ['spool', 'identity'].map(async (name) => {
      const found = await stat(join(stateDir, name)).catch(() => undefined);
      return found === undefined || found.dev === dev ? [] : [name];
    }),
  );
  const elsewhere = parts.flat();
  return elsewhere.length === 0
    ? pass('file system', 'single file system')
    : warn(
        'file system',
        `${elsewhere.map((name) => `${name}/`).join(' and ')} ${elsewhere.length === 1 ? 'is' : 'are'} on another file system`,
        'Mount one file system for the whole state directory.',
      );
}

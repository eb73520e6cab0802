import { LARGE_TRAIL_BYTES, trailFiles, trailSize, type TrailFile } from '../../audit/files.ts';
import { readTail } from '../../audit/tail.ts';
import { auditDirectory } from '../../audit/trail.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import type { Disk } from '../../../foundation/src/runtime/disk.ts';
import type { Check } from '../check.ts';
import { failed, pass, skip, warn, type Finding } from '../finding.ts';

/** The audit trail: without it, no job is accepted and no secret is read. */
export const audit: Check = {
  name: 'audit',
  title: 'audit trail',
  needs: ['configuration'],
  run: async ({ config, options: { machine } }) => {
    const directory = auditDirectory((await config()).stateDir);
    try {
      const files = await trailFiles(machine.disk, directory);
      if (files.length === 0)
        return [skip(directory, 'does not exist yet; the first event creates it')];
      return [await end(machine.disk, files), await size(machine.disk, directory)];
    } catch (thrown) {
      return [failed(directory, RunnerError.from(thrown, 'FILE_UNREADABLE'))];
    }
  },
};

/** Whether the next event can be appended, which is not tried. */
async function end(disk: Disk, files: readonly TrailFile[]): Promise<Finding> {
  const subject = 'last line';
  try {
    const tail = await readTail(disk, files);
    const file = await disk.open(files.at(-1)!.path, 'write');
    await file.close();
    return pass(subject, `valid, number ${tail?.end.number ?? 0}; the file can be written`);
  } catch (thrown) {
    return failed(subject, RunnerError.from(thrown, 'FILE_UNWRITABLE'));
  }
}

async function size(disk: Disk, directory: string): Promise<Finding> {
  const { files, bytes } = await trailSize(disk, directory);
  const detail = `${Math.ceil(bytes / 1024 ** 2)} MiB; number of files: ${files}`;
  return bytes <= LARGE_TRAIL_BYTES
    ? pass('size', detail)
    : warn(
        'size',
        detail,
        'Look for an event that repeats: hybrid-runner runs, and the files in audit/.',
      );
}

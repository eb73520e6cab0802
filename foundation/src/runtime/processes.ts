import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import { isErrno } from './errno.ts';

export const processIdentitySchema = z.object({
  pid: z.int().positive(),
  started: z.string().optional(),
});

/**
 * A process, identified by its number and, where the system provides it, its start time, because
 * numbers are reused.
 */
export type ProcessIdentity = z.infer<typeof processIdentitySchema>;

/** The processes of this machine, injected so that tests can replace them. */
export interface Processes {
  identify(pid: number): Promise<ProcessIdentity>;
  /** Whether this process still runs. Without a start time, any process with its number counts. */
  isAlive(identity: ProcessIdentity): Promise<boolean>;
  /** Sends SIGKILL to this process only. Does nothing without a start time. */
  kill(identity: ProcessIdentity): Promise<void>;
}

export const systemProcesses: Processes = {
  async identify(pid) {
    const started = await startOf(pid);
    return started === undefined ? { pid } : { pid, started };
  },
  async isAlive(identity) {
    if (!exists(identity.pid)) return false;
    const started = await startOf(identity.pid);
    return identity.started === undefined || started === identity.started;
  },
  async kill(identity) {
    if (identity.started === undefined || !(await systemProcesses.isAlive(identity))) return;
    try {
      process.kill(identity.pid, 'SIGKILL');
    } catch {
      // It has ended in the meantime.
    }
  },
};

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return isErrno(thrown, 'EPERM');
  }
}

async function startOf(pid: number): Promise<string | undefined> {
  try {
    return process.platform === 'linux' ? await linuxStart(pid) : await portableStart(pid);
  } catch {
    return undefined;
  }
}

/** Ticks since boot, with the boot id. A zombie has ended, so it has no start time. */
async function linuxStart(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z') return 'ended';
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
  return `${boot.trim()}:${fields[19]}`;
}

async function portableStart(pid: number): Promise<string | undefined> {
  if (process.platform === 'win32') return undefined;
  const { stdout } = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)], {
    env: { LC_ALL: 'C', PATH: '/bin:/usr/bin' },
  });
  return stdout.trim() || undefined;
}

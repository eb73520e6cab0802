import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { step, type ServiceHost } from './host.ts';
import type { Account } from './user.ts';

/** Numbers of users of services; macOS itself uses the lower ones. */
const LAST_NUMBER = 399;
const FIRST_NUMBER = 300;

export async function findMacUser(name: string, host: ServiceHost): Promise<Account | undefined> {
  const args = ['.', '-read', `/Users/${name}`, 'UniqueID', 'PrimaryGroupID', 'RealName'];
  const entry = await host.run('dscl', args).catch(() => '');
  // A value that contains spaces is on a line of its own.
  const value = (key: string): string | undefined =>
    new RegExp(`^${key}:\\s*(?<value>.+)$`, 'm').exec(entry)?.groups?.['value'];
  const [uid, gid] = [value('UniqueID'), value('PrimaryGroupID')];
  return uid === undefined || gid === undefined
    ? undefined
    : { uid: Number(uid), gid: Number(gid), comment: value('RealName')?.trim() ?? '' };
}

/** With a group of its own: the default group would open the configuration to everybody. */
export async function createMacUser(
  name: string,
  comment: string,
  host: ServiceHost,
): Promise<void> {
  if (!name.startsWith('_'))
    throw new RunnerError('INPUT_INVALID', `macOS has no user "${name}", and creates none`, {
      remedy: 'Use --user with a name that begins with an underscore: _hybrid-runner.',
    });
  const id = `${await freeNumber(host)}`;
  await step(host, 'dseditgroup', ['-o', 'create', '-i', id, '-r', comment, name]);
  await step(host, 'sysadminctl', [
    '-addUser',
    name,
    '-fullName',
    comment,
    '-UID',
    id,
    '-GID',
    id,
    '-home',
    '/var/empty',
    '-shell',
    '/usr/bin/false',
    '-roleAccount',
  ]);
}

export async function removeMacUser(name: string, host: ServiceHost): Promise<void> {
  await step(host, 'sysadminctl', ['-deleteUser', name]);
  await step(host, 'dseditgroup', ['-o', 'delete', name]);
}

/** That neither a user nor a group has. */
async function freeNumber(host: ServiceHost): Promise<number> {
  const lists = await Promise.all([
    host.run('dscl', ['.', '-list', '/Users', 'UniqueID']),
    host.run('dscl', ['.', '-list', '/Groups', 'PrimaryGroupID']),
  ]);
  const used = new Set(
    lists
      .join('\n')
      .match(/-?\d+$/gm)
      ?.map(Number),
  );
  for (let number = LAST_NUMBER; number >= FIRST_NUMBER; number -= 1)
    if (!used.has(number)) return number;
  throw new RunnerError('SERVICE_FAILED', 'there is no free number for the user of the service', {
    remedy: 'Create a user, and use --user with its name.',
  });
}

import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { step, type ServiceHost } from './host.ts';
import { createMacUser, findMacUser, removeMacUser } from './mac-user.ts';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export interface Account extends Owner {
  /** The comment field of passwd(5). */
  readonly comment: string;
}

/** Marks users that this program created. Others existed before and must outlive the service. */
const COMMENT = 'Hybrid Ingestion Runner';

/** The user with this name; created, without a login, if missing. Throws SERVICE_FAILED. */
export async function ensureUser(name: string, host: ServiceHost): Promise<Owner> {
  return (await findUser(name, host)) ?? (await createUser(name, host));
}

/**
 * Removes the user and its group if `ensureUser` created them. Throws SERVICE_FAILED, for example
 * while a process of the user runs.
 */
export async function removeUser(name: string, host: ServiceHost): Promise<boolean> {
  const found = await findUser(name, host);
  if (found?.comment !== COMMENT) return false;
  if (host.platform === 'darwin') {
    await removeMacUser(name, host);
    return true;
  }
  await step(host, 'userdel', [name]);
  // userdel also removes a group of the same name, unless login.defs forbids that.
  const group = await host.run('getent', ['group', name]).catch(() => '');
  if (group !== '') await step(host, 'groupdel', [name]);
  return true;
}

export async function findUser(name: string, host: ServiceHost): Promise<Account | undefined> {
  if (host.platform === 'darwin') return findMacUser(name, host);
  const entry = await host.run('getent', ['passwd', name]).catch(() => '');
  const [, , uid, gid, comment = ''] = entry.trim().split(':');
  return uid === undefined || gid === undefined
    ? undefined
    : { uid: Number(uid), gid: Number(gid), comment };
}

async function createUser(name: string, host: ServiceHost): Promise<Owner> {
  if (host.platform === 'darwin') await createMacUser(name, COMMENT, host);
  else await createLinuxUser(name, host);
  const created = await findUser(name, host);
  if (created === undefined)
    throw new RunnerError('SERVICE_FAILED', `user ${name} was created but cannot be found`);
  return created;
}

async function createLinuxUser(name: string, host: ServiceHost): Promise<void> {
  await step(host, 'useradd', [
    '--system',
    '--user-group',
    '--no-create-home',
    '--home-dir',
    '/nonexistent',
    '--shell',
    '/usr/sbin/nologin',
    '--comment',
    COMMENT,
    name,
  ]);
}

import { userInfo } from 'node:os';

/** The user of the operating system who runs a command, for the audit trail. */
export interface SystemUser {
  readonly user: string;
  /** Who called sudo; undefined without it. */
  readonly sudoUser: string | undefined;
}

/** Call it before `actAsOwner`, which changes the user of the process. */
export function systemUser(env: NodeJS.ProcessEnv): SystemUser {
  return { user: userInfo().username, sudoUser: env['SUDO_USER'] };
}

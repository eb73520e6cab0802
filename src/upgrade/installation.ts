import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';

const LINK = 'hybrid-runner';
const PACKAGE_ROOT = '/usr/lib/hybrid-runner';

/** A release that was unpacked from an archive, and the link that selects it among others. */
export interface Installation {
  readonly root: string;
  readonly parent: string;
  readonly link: string;
  readonly version: string;
}

/** The directory of a program file: `ROOT/bin/hybrid-runner.js`. */
export function rootOf(program: string): string {
  return dirname(dirname(realpathSync(program)));
}

/**
 * Throws UPGRADE_UNSUPPORTED, with the command that upgrades instead, for every other way to
 * install the program.
 */
export function findInstallation(
  root: string,
  version: string,
  exists: (path: string) => boolean = existsSync,
): Installation {
  const parent = dirname(root);
  const link = join(parent, LINK);
  if (!basename(root).startsWith(`${LINK}-${version}-`))
    throw unsupported('this program was not installed from an archive', otherWay(root, exists));
  if (!leadsTo(link, root))
    throw unsupported(
      `${link} is not a link to ${root}`,
      `Run ln -sfn ${basename(root)} ${link} and service install --now, then try again.`,
    );
  return { root, parent, link, version };
}

/** The same file through the link, which stays when the release behind it changes. */
export function throughLink(
  path: string,
  { root, link }: Pick<Installation, 'root' | 'link'>,
): string {
  return path.startsWith(`${root}/`) ? `${link}${path.slice(root.length)}` : path;
}

/** Where a link selects this release, if one does. */
export function linkOf(root: string): string | undefined {
  const link = join(dirname(root), LINK);
  return link !== root && leadsTo(link, root) ? link : undefined;
}

function leadsTo(link: string, root: string): boolean {
  try {
    return realpathSync(link) === root;
  } catch {
    return false;
  }
}

function otherWay(root: string, exists: (path: string) => boolean): string {
  if (root !== PACKAGE_ROOT)
    return 'Run npm install --global with the newer package, then restart.';
  if (exists('/var/lib/dpkg/info/hybrid-runner.list'))
    return 'Run sudo apt install ./hybrid-runner_VERSION_ARCHITECTURE.deb with the newer package.';
  if (['/var/lib/rpm', '/usr/lib/sysimage/rpm'].some(exists))
    return 'Run sudo dnf install ./hybrid-runner-VERSION.rpm with the newer package.';
  return 'This is a container: start one from the image of the newer version.';
}

function unsupported(message: string, remedy: string): RunnerError {
  return new RunnerError('UPGRADE_UNSUPPORTED', message, { remedy });
}

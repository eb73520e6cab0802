import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What each proof runs, with the Debian package that has it. */
const BOOTING = {
  debootstrap: 'debootstrap',
  'systemd-nspawn': 'systemd-container',
  nsenter: 'util-linux',
  ip: 'iproute2',
  'apt-get': 'apt',
  go: 'golang',
};
const RELEASING = { podman: 'podman', runc: 'runc', rpm: 'rpm', 'apt-get': 'apt', go: 'golang' };

/**
 * Undefined on a machine that can boot a Debian of its own; else why the tests are skipped. In CI
 * that is a failure, not a reason.
 */
export function obstacle(): string | undefined {
  return obstacleTo('installation', BOOTING);
}

/** Undefined on a machine that can build and open every artifact of a release. */
export function releaseObstacle(): string | undefined {
  return obstacleTo('release', RELEASING);
}

function obstacleTo(what: string, needed: Readonly<Record<string, string>>): string | undefined {
  const reason = whyNot(needed);
  if (reason === undefined) return undefined;
  if (process.env['CI'] !== undefined) throw new Error(`the ${what} cannot be tested: ${reason}`);
  process.stderr.write(`The ${what} is not tested: ${reason}\n`);
  return reason;
}

function whyNot(needed: Readonly<Record<string, string>>): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return `it takes Linux on x64, this is ${process.platform} on ${process.arch}`;
  if (process.getuid?.() !== 0) return 'it takes root';
  const missing = Object.keys(needed).filter(
    (name) =>
      !(process.env['PATH'] ?? '')
        .split(delimiter)
        .some((directory) => existsSync(join(directory, name))),
  );
  return missing.length === 0
    ? undefined
    : `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not installed (Debian packages ${missing.map((name) => needed[name]).join(', ')})`;
}

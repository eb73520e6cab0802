import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const GO = 'Go 1.25 or later from https://go.dev/dl/';

/** What each proof runs, with the Debian package that contains it, or where else to get it. */
const BOOTING = {
  debootstrap: 'debootstrap',
  'systemd-nspawn': 'systemd-container',
  nsenter: 'util-linux',
  ip: 'iproute2',
  'apt-get': 'apt',
  go: GO,
};
const RELEASING = { podman: 'podman', runc: 'runc', rpm: 'rpm', 'apt-get': 'apt', go: GO };

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
  if (missing.length === 0) return undefined;
  return `not installed: ${missing.map((name) => `${name} (${sourceOf(needed[name]!)})`).join(', ')}`;
}

function sourceOf(found: string): string {
  return found === GO ? found : `Debian package ${found}`;
}

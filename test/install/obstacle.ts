import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const NEEDED = ['debootstrap', 'systemd-nspawn', 'nsenter', 'ip', 'apt-get'];

/**
 * Undefined on a machine that can boot a Debian of its own; else why the tests are skipped. In CI
 * that is a failure, not a reason.
 */
export function obstacle(): string | undefined {
  const reason = whyNot();
  if (reason === undefined) return undefined;
  if (process.env['CI'] !== undefined)
    throw new Error(`the installation cannot be tested: ${reason}`);
  process.stderr.write(`The installation is not tested: ${reason}\n`);
  return reason;
}

function whyNot(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return `it takes Linux on x64, this is ${process.platform} on ${process.arch}`;
  if (process.getuid?.() !== 0) return 'it takes root, to boot a Debian in a container';
  const missing = NEEDED.filter(
    (name) =>
      !(process.env['PATH'] ?? '')
        .split(delimiter)
        .some((directory) => existsSync(join(directory, name))),
  );
  return missing.length === 0
    ? undefined
    : `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not installed (Debian packages debootstrap, systemd-container, iproute2)`;
}

import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { assertSystemd, step, UNIT, type ServiceHost } from './host.ts';
import type { ServiceControl } from './service-control.ts';
import { formatArgs, isSameUnit, systemdUnit } from './systemd.ts';
import { writeDescription } from './write-description.ts';

/** ProtectHome= and PrivateTmp= of the unit hide these. */
const HIDDEN = ['/home', '/root', '/run/user', '/tmp', '/var/tmp'];

/**
 * The unit of a package is used as it is, unless the settings require another one. Removing works
 * without a running systemd.
 */
export function systemdControl(host: ServiceHost): ServiceControl {
  return {
    file: host.unitFile,
    hidden: HIDDEN,
    assertUsable: () => assertSystemd(host),
    describe: systemdUnit,
    formatArgs: ({ args }) => formatArgs(args),
    installed: async () => {
      const unit = await readFile(host.unitFile, 'utf8').catch(() => undefined);
      if (unit === undefined) return undefined;
      return {
        args: /^ExecStart=.*? run(?: (?<args>.*))?$/m.exec(unit)?.groups?.['args'] ?? '',
        user: /^User=(?<name>.+)$/m.exec(unit)?.groups?.['name'],
      };
    },
    register: async (unit, _user, startNow) => {
      await provideUnit(host, unit);
      await step(host, 'systemctl', ['daemon-reload']);
      await step(host, 'systemctl', ['enable', UNIT]);
      const remedy = `Check the log: journalctl --unit ${UNIT} --lines 20`;
      if (startNow) await step(host, 'systemctl', ['restart', UNIT], remedy);
    },
    unregister: async (purge) => {
      await stop(host, existsSync(host.unitFile) || existsSync(host.packagedUnitFile));
      await removeUnit(host, purge);
    },
  };
}

async function provideUnit(host: ServiceHost, unit: string): Promise<void> {
  const packaged = await readFile(host.packagedUnitFile, 'utf8').catch(() => '');
  if (isSameUnit(packaged, unit)) await rm(host.unitFile, { force: true });
  else await writeDescription(host.unitFile, unit);
}

/** Also stops a service whose unit file is gone: systemd would keep it running. */
async function stop(host: ServiceHost, hasUnit: boolean): Promise<void> {
  if (!host.systemdRuns) return;
  const state = await host
    .run('systemctl', ['show', '--property=LoadState', '--value', UNIT])
    .catch(() => '');
  if (hasUnit) await step(host, 'systemctl', ['disable', '--now', UNIT]);
  else if (state.trim() !== 'not-found') await step(host, 'systemctl', ['stop', UNIT]);
}

async function removeUnit(host: ServiceHost, dropIns: boolean): Promise<void> {
  const units = dirname(host.unitFile);
  await rm(host.unitFile, { force: true });
  await rm(join(units, 'multi-user.target.wants', UNIT), { force: true });
  if (dropIns) {
    for (const directory of [units, `${units}.control`])
      await rm(join(directory, `${UNIT}.d`), { recursive: true, force: true });
  }
  if (!host.systemdRuns) return;
  await step(host, 'systemctl', ['daemon-reload']);
  // A failed unit stays listed after its file is gone; any other is unknown by now.
  await host.run('systemctl', ['reset-failed', UNIT]).catch(() => undefined);
}

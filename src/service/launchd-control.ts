import { readFile, rm } from 'node:fs/promises';
import { step, type ServiceHost } from './host.ts';
import { LABEL, launchdArgs, launchdPlist, LOG_FILE, plistStrings } from './launchd.ts';
import { formatArgs } from './systemd.ts';
import type { ServiceControl } from './service-control.ts';
import { writeDescription } from './write-description.ts';

const TARGET = `system/${LABEL}`;

/** launchd reads the directory of daemons when the machine starts; until then it has to be told. */
export function launchdControl(host: ServiceHost): ServiceControl {
  return {
    file: host.plistFile,
    hidden: ['/tmp', '/private/tmp', '/var/tmp', '/private/var/tmp'],
    assertUsable: () => undefined,
    describe: launchdPlist,
    formatArgs: (options) => formatArgs(launchdArgs(options)),
    installed: async () => {
      const plist = await readFile(host.plistFile, 'utf8').catch(() => undefined);
      if (plist === undefined) return undefined;
      // Node.js, program and `run` come first.
      const [, , , ...args] = plistStrings(plist, 'ProgramArguments');
      return { args: formatArgs(args), user: plistStrings(plist, 'UserName')[0] };
    },
    register: async (plist, user, startNow) => {
      await writeDescription(host.plistFile, plist);
      // It may be the user who opens it, and /var/log belongs to root.
      await step(host, 'touch', [LOG_FILE]);
      await step(host, 'chown', [user, LOG_FILE]);
      await step(host, 'chmod', ['600', LOG_FILE]);
      await step(host, 'launchctl', ['enable', TARGET]);
      if (!startNow) return;
      await unload(host);
      const remedy = `Check the log: tail -n 20 ${LOG_FILE}`;
      await step(host, 'launchctl', ['bootstrap', 'system', host.plistFile], remedy);
    },
    unregister: async (purge) => {
      await unload(host);
      await rm(host.plistFile, { force: true });
      if (purge) await step(host, 'rm', ['-f', LOG_FILE]);
    },
  };
}

/** Returns when the service has drained. */
async function unload(host: ServiceHost): Promise<void> {
  if (await isLoaded(host)) await step(host, 'launchctl', ['bootout', TARGET]);
}

async function isLoaded(host: ServiceHost): Promise<boolean> {
  return host.run('launchctl', ['print', TARGET]).then(
    () => true,
    () => false,
  );
}

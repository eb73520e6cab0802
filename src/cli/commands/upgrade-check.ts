import { createConnect } from '../../../foundation/src/network/open.ts';
import { systemClock } from '../../../foundation/src/runtime/clock.ts';
import { sourceNetwork } from '../../config/network-settings.ts';
import {
  compareVersions,
  queryNewestRelease,
  type Comparison,
  type NewestRelease,
} from '../../upgrade/newest-release.ts';
import { loadSettings, type Invocation } from '../invocation.ts';
import { version } from '../version.ts';

/** Tells whether a newer version exists. Connects to no server while `upgrade.check` is unset. */
export async function checkUpgrade(invocation: Invocation): Promise<void> {
  const { terminal, interrupts } = invocation;
  const { config } = await loadSettings(invocation);
  const installed = version();
  const address = config.upgrade.check;
  if (address === undefined)
    return terminal.result(
      { state: 'off', installed },
      `The check is off; ${installed} is installed. To turn it on, set upgrade.check to the https address of a document {"version": "1.2.3"}.`,
    );
  const connect = createConnect(await sourceNetwork(config));
  const newest = await queryNewestRelease(
    { address, connect, clock: systemClock },
    interrupts.signal,
  );
  const state = compareVersions(newest.version, installed);
  terminal.result(
    { state, installed, newest: newest.version, ...(newest.url && { url: newest.url }) },
    describe(state, newest, installed),
  );
}

function describe(state: Comparison, newest: NewestRelease, installed: string): string {
  const link = newest.url === undefined ? '' : ` See ${newest.url}`;
  const texts: Readonly<Record<Comparison, string>> = {
    newer: `${newest.version} is available, ${installed} is installed. Nothing was downloaded.${link}`,
    same: `${installed} is installed, and is the newest version.`,
    older: `${installed} is installed, newer than the ${newest.version} that upgrade.check names. Do not install it: the document is out of date.`,
  };
  return texts[state];
}

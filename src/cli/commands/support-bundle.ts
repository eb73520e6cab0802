import { open, rm, type FileHandle } from 'node:fs/promises';
import { proxyPasswords } from '../../../foundation/src/network/proxy.ts';
import { createConnect } from '../../../foundation/src/network/open.ts';
import { systemClock } from '../../../foundation/src/runtime/clock.ts';
import { isErrno } from '../../../foundation/src/runtime/errno.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { systemRandom } from '../../../foundation/src/runtime/random.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { sourceNetwork } from '../../config/network-settings.ts';
import { createRedactor, type Redactor } from '../../redaction/redactor.ts';
import { protectStoredSecrets } from '../../secrets/protect-stored.ts';
import { processVersions } from '../../secrets/value-versions.ts';
import { systemHost, UNIT } from '../../service/host.ts';
import { makeBundle, type Bundle } from '../bundle/bundle.ts';
import { loadSettings, type Invocation } from '../invocation.ts';
import type { Sealing } from '../../sealing/seal.ts';
import { openSealingHere } from '../sealing/open-sealing-here.ts';
import { actAsOwner } from '../ownership.ts';
import { columns } from '../terminal.ts';
import { version } from '../version.ts';

const JOURNAL_LINES = 2_000;

/** Writes one archive with what a person needs to help, and without secrets. */
export async function supportBundle(invocation: Invocation): Promise<void> {
  const { terminal, flags } = invocation;
  const now = systemClock.now();
  const time = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '');
  const output = flags.get('output');
  const path = typeof output === 'string' ? output : `hybrid-runner-support-${time}.tar.gz`;
  // Before the command continues as another user, who may have no rights to the directory.
  const file = await create(path);
  try {
    const { archive, files } = await collect(invocation, now);
    await file.writeFile(archive);
    await file.close();
    terminal.result({ file: path, bytes: archive.length, files }, summary(path, archive, files));
  } catch (thrown) {
    await file.close();
    await rm(path, { force: true }).catch(() => undefined);
    throw RunnerError.from(thrown, 'FILE_UNWRITABLE');
  }
}

async function collect(invocation: Invocation, now: number): Promise<Bundle> {
  const journal = await readJournal();
  const loaded = await loadSettings(invocation).catch((thrown: unknown) =>
    RunnerError.from(thrown),
  );
  const settings = (): LoadedConfig => {
    if (loaded instanceof RunnerError) throw loaded;
    return loaded;
  };
  const sealing =
    loaded instanceof RunnerError ? undefined : await openSealingHere(loaded.config, invocation);
  if (!(loaded instanceof RunnerError)) actAsOwner(loaded.config.stateDir);
  const redactor = createRedactor();
  return makeBundle({
    source: { invocation, settings, journal },
    redactor,
    protect: async () => protect(settings(), { redactor, sealing }, invocation),
    version: version(),
    now,
  });
}

async function protect(
  { config }: LoadedConfig,
  { redactor, sealing }: { readonly redactor: Redactor; readonly sealing: Sealing | undefined },
  { env, interrupts }: Invocation,
): Promise<void> {
  const { proxy } = config.network;
  for (const password of proxy === undefined ? [] : proxyPasswords(proxy)) redactor.add(password);
  const connect = createConnect(await sourceNetwork(config));
  const add = (value: string): void => redactor.add(value);
  const versions = processVersions(systemRandom);
  const system = { clock: systemClock, random: systemRandom };
  const deps = { ...system, env, connect, protect: add, versions, sealing };
  await protectStoredSecrets(config.secrets, deps, redactor, interrupts.signal);
}

/** Empty where there is no journal, or this user may not read it. */
async function readJournal(): Promise<string> {
  const args = ['--unit', UNIT, '--lines', `${JOURNAL_LINES}`, '--output', 'short-iso'];
  return systemHost()
    .run('journalctl', [...args, '--no-pager', '--quiet'])
    .catch(() => '');
}

async function create(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', 0o600);
  } catch (thrown) {
    const exists = isErrno(thrown, 'EEXIST');
    throw new RunnerError(
      'FILE_UNWRITABLE',
      exists ? `${path} exists already` : `failed to create ${path}`,
      { cause: thrown, ...(exists ? { remedy: 'Name another file with --output.' } : {}) },
    );
  }
}

function summary(path: string, archive: Buffer, files: Bundle['files']): string {
  const rows = files.map(({ name, bytes, contents }) => [`  ${name}`, `${bytes} bytes`, contents]);
  return [
    `Wrote ${path} (${archive.length} bytes):`,
    columns(rows),
    `Stored secrets and passwords in URLs were removed. Look before you send it: tar -xzf ${path}`,
  ].join('\n');
}

import { stat } from 'node:fs/promises';
import { WRITABLE_BY_OTHERS } from '../../../foundation/src/runtime/safe-file.ts';
import { formatReference } from '../../secrets/reference.ts';
import { PROVIDER_NAMES, type ProviderName } from '../../secrets/providers/registry.ts';
import type { Place } from '../../secrets/provider.ts';
import { storedSecrets } from '../../secrets/stored-secrets.ts';
import type { Check } from '../check.ts';
import { errorOf, type Facts } from '../facts.ts';
import { failed, pass, skip, warn, type Finding } from '../finding.ts';

/** Every provider of secrets: whether it opens, and whether each of its secrets can be read. */
export const secrets: Check = {
  name: 'secrets',
  title: 'secret providers',
  needs: ['configuration'],
  run: async (facts, signal) => {
    const broken = await errorOf(facts.providers());
    if (broken !== undefined) return [failed('providers', broken)];
    const found = await Promise.all(
      PROVIDER_NAMES.map((name) => checkProvider(name, facts, signal)),
    );
    const { places } = await facts.providers();
    const managers = places.filter(({ provider }) => provider.where !== undefined);
    const reached = await Promise.all(managers.map((place) => checkManager(place, signal)));
    return [...found.flat(), ...reached, ...(await openDirectory(facts))];
  },
};

async function checkProvider(
  name: ProviderName,
  facts: Facts,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { secrets: settings } = await facts.config();
  const deps = await facts.providerDeps();
  const mount = settings.mounts.find(({ provider }) => provider === name);
  const subject = mount === undefined ? name : `${name} at ${mount.prefix}`;
  try {
    const stored = await storedSecrets(name, settings, deps, signal);
    if (stored === undefined) return [skip(subject, 'not configured')];
    if (stored === 'unknown') return [pass(subject, 'opens; it does not list its secrets')];
    return [
      pass(subject, `opens; number of secrets: ${stored.length}`),
      ...stored.flatMap(({ path, error }) =>
        error === undefined ? [] : [failed(formatReference(path), error)],
      ),
    ];
  } catch (thrown) {
    return [failed(subject, thrown)];
  }
}

/** Signs in to a secret manager. Which secrets it has, only references can say. */
async function checkManager(
  { type, prefix, provider }: Place,
  signal: AbortSignal,
): Promise<Finding> {
  const subject = `${type} at ${prefix}`;
  if (provider.check === undefined) return pass(subject, 'opens; it has no sign-in');
  try {
    await provider.check(signal);
    return pass(subject, 'signs in; it does not list its secrets');
  } catch (thrown) {
    return failed(subject, thrown);
  }
}

/** Whoever can write to the directory of secret files can put a file there. */
async function openDirectory(facts: Facts): Promise<readonly Finding[]> {
  const { directory } = (await facts.config()).secrets.files;
  const stats = directory === undefined ? undefined : await stat(directory).catch(() => undefined);
  if (stats === undefined || (stats.mode & WRITABLE_BY_OTHERS) === 0) return [];
  return [warn('files', `other users can write to ${directory}`, `Run chmod go-w ${directory}.`)];
}

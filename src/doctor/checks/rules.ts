import type { SecretRule } from '../../policy/policy.ts';
import { isExact, referenceMatches } from '../../policy/reference-pattern.ts';
import { placesText } from '../../secrets/places-text.ts';
import { formatReference, parseReference, type SecretPath } from '../../secrets/reference.ts';
import {
  isManager,
  PROVIDER_NAMES,
  type SecretSettings,
} from '../../secrets/providers/registry.ts';
import { storedSecrets } from '../../secrets/stored-secrets.ts';
import { outlivesProcess } from '../../secrets/value-versions.ts';
import type { Check } from '../check.ts';
import type { Facts } from '../facts.ts';
import { fail, failed, pass, skip, warn, type Finding } from '../finding.ts';
import { inParallel } from '../in-parallel.ts';

/**
 * The rules of the policy against the secrets that are stored. Values are read to see that they
 * exist, and not kept.
 */
export const rules: Check = {
  name: 'rules',
  title: 'rules and secrets',
  needs: ['configuration', 'policy', 'secrets'],
  run: async (facts, signal) => {
    const { outline } = await facts.policy();
    const stored = await storedIn(facts, signal);
    const bound = await inParallel(outline.secrets, signal, (rule, index) =>
      checkRule(rule, index, stored, facts, signal),
    );
    return [...bound.flat(), ...withoutRule(stored.paths, outline.secrets)];
  },
};

interface Stored {
  readonly paths: readonly SecretPath[];
  /** Whether a provider may have more. */
  readonly isPartial: boolean;
}

async function storedIn(facts: Facts, signal: AbortSignal): Promise<Stored> {
  const { secrets } = await facts.config();
  const deps = await facts.providerDeps();
  const lists = await Promise.all(
    PROVIDER_NAMES.map((name) => storedSecrets(name, secrets, deps, signal)),
  );
  return {
    paths: lists.flatMap((list) =>
      list === undefined || list === 'unknown' ? [] : list.map(({ path }) => path),
    ),
    isPartial:
      lists.includes('unknown') || secrets.mounts.some(({ provider }) => isManager(provider)),
  };
}

async function checkRule(
  { ref }: SecretRule,
  index: number,
  stored: Stored,
  facts: Facts,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const subject = `secrets[${index}]`;
  const matching = stored.paths.filter((path) => referenceMatches(ref, path));
  if (matching.length > 0)
    return [pass(subject, `${ref} binds ${matching.map(formatReference).join(', ')}`)];
  const path = isExact(ref) ? parseReference(`secret:${ref}`) : undefined;
  if (path === undefined && stored.isPartial)
    return [skip(subject, `${ref} may match a secret of a provider that does not list them`)];
  try {
    const found = path && (await find(path, facts, signal));
    if (found !== undefined) return [pass(subject, `${ref} is stored in ${found}`)];
  } catch (thrown) {
    return [failed(subject, thrown)];
  }
  return [
    fail(
      subject,
      `binds nothing: no secret is stored for ${ref}`,
      storeRemedy(ref, (await facts.config()).secrets),
    ),
  ];
}

/** Where the secret is, and its version if its provider has any; undefined if there is none. */
async function find(
  path: SecretPath,
  facts: Facts,
  signal: AbortSignal,
): Promise<string | undefined> {
  const providers = await facts.providers();
  await facts.options.recordRead(formatReference(path));
  const secret = await providers.read(path, signal);
  if (secret === undefined) return undefined;
  const places = await placesText(providers, path);
  return outlivesProcess(secret.version) ? `${places}, version ${secret.version}` : places;
}

/** The vault is the place for a secret, unless the reference belongs to another provider. */
function storeRemedy(ref: string, { mounts, files }: SecretSettings): string {
  const [mount] = mounts
    .filter(({ prefix }) => ref.startsWith(`${prefix}/`))
    .sort((a, b) => b.prefix.length - a.prefix.length);
  if (mount !== undefined && mount.provider !== 'vault')
    return `Add it to the provider ${mount.provider}, which has the references below ${mount.prefix}, or correct the rule.`;
  const command = `\`hybrid-runner secrets set secret:${ref.replaceAll('*', 'NAME')}\``;
  return files.directory === undefined || mount !== undefined
    ? `Store it with ${command}, or correct the rule.`
    : `Store it with ${command} or as a file in ${files.directory}, or correct the rule.`;
}

function withoutRule(
  paths: readonly SecretPath[],
  bound: readonly SecretRule[],
): readonly Finding[] {
  return paths
    .filter((path) => !bound.some(({ ref }) => referenceMatches(ref, path)))
    .map((path) =>
      warn(
        formatReference(path),
        'no rule of the policy binds it, so no job can use it',
        'Add a rule for it to the policy, or remove the secret.',
      ),
    );
}

import { openAuditTrail } from '../../audit/open.ts';
import { sourceNetwork } from '../../config/network-settings.ts';
import type { RunnerConfig } from '../../config/runner-config.ts';
import { createConnect } from '../../../foundation/src/network/open.ts';
import { systemClock } from '../../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { systemRandom } from '../../../foundation/src/runtime/random.ts';
import { formatHostRule } from '../../policy/host-rule.ts';
import { openPolicy } from '../../policy/open-policy.ts';
import type { Policy } from '../../policy/policy.ts';
import { referenceMatches } from '../../policy/reference-pattern.ts';
import { recordedConnect } from '../../secrets/recorded-connect.ts';
import { openProviders } from '../../secrets/open-providers.ts';
import type { ProviderDeps } from '../../secrets/providers/provider-kind.ts';
import { placesText } from '../../secrets/places-text.ts';
import type { Providers } from '../../secrets/provider.ts';
import { formatReference, type SecretPath } from '../../secrets/reference.ts';
import { keptVersions, outlivesProcess } from '../../secrets/value-versions.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { loadSettings, type Invocation } from '../invocation.ts';
import { actAsOwner } from '../ownership.ts';
import { placeOf } from '../policy/explain.ts';
import { policySource } from '../policy-source.ts';
import { openSealingHere } from '../sealing/open-sealing-here.ts';
import { reference } from '../secret-reference.ts';
import { systemUser } from '../system-user.ts';

/**
 * Reads a secret as a run would, and shows everything about it but its value. Ends as a denial if
 * no rule of the policy names the reference.
 */
export async function check(invocation: Invocation): Promise<ExitCode> {
  const path = reference(invocation.operands[0]);
  const { config } = await loadSettings(invocation);
  const person = systemUser(invocation.env);
  const sealing = await openSealingHere(config, invocation);
  actAsOwner(config.stateDir);
  const providers = await openAll(config, { env: invocation.env, sealing });
  const places = await placesText(providers, path);
  const name = formatReference(path);
  await openAuditTrail(config.stateDir).record({
    event: 'secretCheck',
    reference: name,
    ...person,
  });
  const secret = await providers.read(path, invocation.interrupts.signal);
  if (secret === undefined)
    throw new RunnerError('SECRET_UNAVAILABLE', `${name} has no secret: looked in ${places}`, {
      remedy: 'Store the secret there, or correct the reference.',
    });
  const version = outlivesProcess(secret.version) ? secret.version : undefined;
  const rules = rulesFor(path, await openPolicy(policySource(config)));
  invocation.terminal.document(
    { reference: name, places, version: version ?? null, rules },
    [
      `${name} has a secret`,
      `  looked in: ${places}`,
      `  version: ${version ?? 'the provider has none; the runner notices changes within a run'}`,
      ...(rules.length === 0
        ? [`  no rule of ${config.policyFile} names it, so no job can use it`]
        : rules.map((rule) => `  permitted by ${rule}`)),
    ].join('\n'),
  );
  return rules.length === 0 ? EXIT.denied.code : EXIT.ok.code;
}

async function openAll(
  config: RunnerConfig,
  own: Pick<ProviderDeps, 'env' | 'sealing'>,
): Promise<Providers> {
  const connect = createConnect(await sourceNetwork(config));
  return openProviders(config.secrets, {
    ...own,
    clock: systemClock,
    random: systemRandom,
    connect: recordedConnect(connect, openAuditTrail(config.stateDir)),
    // Errors contain no credentials, and nothing else is printed.
    protect: () => undefined,
    versions: keptVersions(config.stateDir, systemRandom),
  });
}

/** Every rule that names the reference: where it stands and what it permits. */
function rulesFor(path: SecretPath, policy: Policy): readonly string[] {
  return policy.outline.secrets.flatMap(({ ref, connector, fields, hosts }, index) => {
    if (!referenceMatches(ref, path)) return [];
    const where = placeOf(`secrets[${index}]`, policy);
    return [
      `${where}: ${connector}, ${fields.join(', ')}, for ${hosts.map(formatHostRule).join(', ')}`,
    ];
  });
}

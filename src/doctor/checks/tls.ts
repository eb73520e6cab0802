import { formatEndpoint } from '../../../foundation/src/network/endpoint.ts';
import { classifyAddress } from '../../policy/address.ts';
import { dayOf, formatCertificate, isPublic } from '../certificates.ts';
import type { Check } from '../check.ts';
import { NO_HOSTS } from './dns.ts';
import type { Facts } from '../facts.ts';
import { failed, pass, skip, warn, type Finding } from '../finding.ts';
import { inParallel } from '../in-parallel.ts';
import type { Inspection, Target } from '../inspect.ts';
import { explainProblem, type SeenServer } from '../tls-problems.ts';

const SOON_MS = 14 * 86_400_000;

/** TLS to every server, with the certificates that it shows and who issued them. */
export const tls: Check = {
  name: 'tls',
  title: 'TLS',
  needs: ['configuration'],
  run: async (facts, signal) => {
    const targets = await facts.targets();
    if (targets.length === 0) return [skip('servers', NO_HOSTS)];
    const servers = await inParallel(targets, signal, (target) => checkServer(target, facts));
    return [...servers, ...(await wildcards(facts))];
  },
};

async function checkServer(target: Target, facts: Facts): Promise<Finding> {
  const where = formatEndpoint(target.endpoint);
  const inspection = await facts.inspect(target);
  switch (inspection.stage) {
    case 'name':
      return skip(where, 'its name does not resolve');
    case 'proxy':
      return skip(where, 'not reachable through the proxy');
    case 'connection':
      if (inspection.error.code === 'ADDRESS_DENIED')
        return skip(where, 'the policy denies connections to its address');
      return failed(where, inspection.error);
    case 'tls':
      return failed(where, inspection.error);
    case 'done':
  }
  return checkCertificate(target, inspection, facts.options.machine.clock.now());
}

function checkCertificate(
  target: Target,
  inspection: Extract<Inspection, { readonly stage: 'done' }>,
  now: number,
): Finding {
  const { protocol, chain, problem } = inspection.handshake;
  const where = formatEndpoint(target.endpoint);
  const lines = chain.map(formatCertificate);
  const seen: SeenServer = { target, chain, isPublic: isPublic(chain), now };
  if (problem !== undefined) return { ...explainProblem(problem, seen), lines };
  const expiring = chain.find(({ notAfter }) => notAfter < now + SOON_MS);
  if (expiring !== undefined)
    return warn(
      where,
      `the certificate of ${expiring.subject} expires on ${dayOf(expiring.notAfter)}`,
      'Have the operator of the server renew it.',
      lines,
    );
  const issuer = chain.at(-1)?.issuer ?? 'an unknown CA';
  if (seen.isPublic) return pass(where, `${protocol}, ${target.role}`, lines);
  if (!target.network.publicCas || !isOutside(inspection))
    return pass(where, `${protocol}, ${target.role}; a private CA, ${issuer}`, lines);
  return warn(
    where,
    `TLS is intercepted: the certificate is not from a public CA but from ${issuer}`,
    'Exempt this host from TLS inspection, or accept that the inspecting proxy can read everything.',
    lines,
  );
}

/** Whether the server is outside of the company's network, as far as one can tell. */
function isOutside({ route, addresses }: Inspection): boolean {
  if (route.rewritten) return false;
  return (
    route.proxy !== undefined || addresses.some((address) => classifyAddress(address) === 'public')
  );
}

async function wildcards(facts: Facts): Promise<readonly Finding[]> {
  const outline = await facts.policy().then(
    (policy) => policy.outline,
    () => undefined,
  );
  return (outline?.secrets ?? []).flatMap(({ hosts }, index) =>
    hosts.some(({ wildcard }) => wildcard)
      ? [skip(`secrets[${index}]`, 'wildcard hosts are not checked')]
      : [],
  );
}

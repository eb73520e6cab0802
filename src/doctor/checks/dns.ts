import { formatEndpoint } from '../../../foundation/src/network/endpoint.ts';
import type { Check } from '../check.ts';
import type { Facts } from '../facts.ts';
import { fail, failed, pass, skip, type Finding } from '../finding.ts';
import { inParallel } from '../in-parallel.ts';
import type { Target } from '../inspect.ts';

export const NO_HOSTS = 'no hosts to check: not enrolled, and no host in the policy';

/** Name resolution for every server, where this machine does it. */
export const dns: Check = {
  name: 'dns',
  title: 'name resolution',
  needs: ['configuration'],
  run: async (facts, signal) => {
    const targets = await facts.targets();
    const hosts = [...new Map(targets.map((target) => [target.endpoint.host, target])).values()];
    if (hosts.length === 0) return [skip('hosts', NO_HOSTS)];
    return inParallel(hosts, signal, (target) => checkHost(target, facts));
  },
};

async function checkHost(target: Target, facts: Facts): Promise<Finding> {
  const { host } = target.endpoint;
  const inspection = await facts.inspect(target);
  const { route, addresses } = inspection;
  if (route.proxy !== undefined) return skip(host, 'the proxy resolves it');
  if (inspection.stage === 'name')
    return {
      ...failed(host, inspection.error),
      remedy: 'Check the name, and the name servers of this machine.',
    };
  const where = addresses.join(', ');
  if (route.rewritten)
    return pass(host, `network.connectTo leads to ${formatEndpoint(route.target)}`);
  if (addresses.length === 0)
    return fail(host, 'has no address', 'Check the name, and the name servers of this machine.');
  const denied = target.checkAddress === undefined ? undefined : await deniedOf(addresses, facts);
  if (denied === undefined) return pass(host, where);
  return {
    ...fail(
      host,
      `${where}: the policy denies connections to this address (${denied})`,
      'If the address is meant to be private, set network.connectTo, or network.allowPrivateAddresses in the policy.',
    ),
    code: 'ADDRESS_DENIED',
  };
}

async function deniedOf(addresses: readonly string[], facts: Facts): Promise<string | undefined> {
  const policy = await facts.policy();
  for (const address of addresses) {
    const decision = policy.addressPermitted(address);
    if (!decision.allowed) return decision.reason;
  }
  return undefined;
}

import { formatEndpoint } from '../../../foundation/src/network/endpoint.ts';
import { parseProxy } from '../../../foundation/src/network/proxy.ts';
import type { Check } from '../check.ts';
import { errorOf, type Facts } from '../facts.ts';
import { failed, pass, skip, type Finding } from '../finding.ts';
import { inParallel } from '../in-parallel.ts';
import type { Target } from '../inspect.ts';

/** The proxy: whether it answers, and whether it opens a tunnel to every server. */
export const proxy: Check = {
  name: 'proxy',
  title: 'proxy',
  needs: ['configuration'],
  run: async (facts, signal) => {
    const address = (await facts.config()).network.proxy;
    if (address === undefined) return [skip('proxy', 'none configured')];
    const subject = formatEndpoint(parseProxy(address).endpoint);
    const silent = await errorOf(facts.proxyAnswers());
    if (silent !== undefined)
      return [
        {
          ...failed(subject, silent),
          remedy: 'Check network.proxy, and whether this machine may connect to the proxy.',
        },
      ];
    const targets = await facts.targets();
    const tunnels = await inParallel(targets, signal, (target) => checkTunnel(target, facts));
    return [pass(subject, 'answers'), ...tunnels];
  },
};

async function checkTunnel(target: Target, facts: Facts): Promise<Finding> {
  const where = formatEndpoint(target.endpoint);
  const inspection = await facts.inspect(target);
  if (inspection.route.proxy === undefined)
    return skip(where, 'network.noProxy: reached without the proxy');
  return inspection.stage === 'proxy'
    ? failed(where, inspection.error)
    : pass(where, 'the proxy opens a tunnel');
}

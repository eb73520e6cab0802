import { expect, it } from 'vitest';
import type { Connect } from '../../../foundation/src/network/connect.ts';
import { createConnect } from '../../../foundation/src/network/open.ts';
import { reachOnly } from './reach.ts';

const options = { signal: new AbortController().signal, timeoutMs: 1000 };
const KEEPER = { host: 'keeper.example', port: 8200 };
const METADATA = { host: '169.254.169.254', port: 80, plaintext: true } as const;

/** Records where a connection would go; opens none. */
function recorder(): { readonly reached: string[]; readonly connect: Connect } {
  const reached: string[] = [];
  const connect: Connect = async ({ host, port }) => {
    reached.push(`${host}:${port}`);
    throw new Error('no network in this test');
  };
  return { reached, connect };
}

it.each([
  ['another host', { host: 'keeper.example.attacker.example', port: 8200 }],
  ['another port', { host: 'keeper.example', port: 443 }],
  ['a metadata service that the options do not name', { host: '169.254.169.254', port: 80 }],
  ['this machine', { host: '127.0.0.1', port: 8200 }],
])('a manager does not reach %s', async (_what, endpoint) => {
  const { reached, connect } = recorder();
  await expect(
    reachOnly([KEEPER], connect)(endpoint, { ...options, tls: {} }),
  ).rejects.toMatchObject({ code: 'HOST_DENIED' });
  expect(reached).toEqual([]);
});

it('a manager reaches its own server over TLS only', async () => {
  const { reached, connect } = recorder();
  const reach = reachOnly([KEEPER], connect);
  await expect(reach(KEEPER, options)).rejects.toMatchObject({ code: 'HOST_DENIED' });
  await expect(
    reach({ host: 'Keeper.Example.', port: 8200 }, { ...options, tls: {} }),
  ).rejects.toThrow('no network');
  expect(reached).toEqual(['keeper.example:8200']);
});

it('a manager connects to the metadata service at the configured address', async () => {
  const { reached, connect } = recorder();
  await expect(reachOnly([METADATA], connect)(METADATA, options)).rejects.toThrow('no network');
  expect(reached).toEqual(['169.254.169.254:80']);
});

it.each(['169.254.169.254', '::ffff:169.254.169.254', 'fd00:ec2::254', '0.0.0.0', 'fe80::1'])(
  'the name of a manager never leads to %s',
  async (address) => {
    const network = {
      connectTo: [],
      proxy: undefined,
      noProxy: [],
      extraCa: [],
      publicCas: true,
    };
    const connect = createConnect(network, async () => [address]);
    await expect(
      reachOnly([KEEPER], connect)(KEEPER, { ...options, tls: {} }),
    ).rejects.toMatchObject({ code: 'ADDRESS_DENIED' });
  },
);

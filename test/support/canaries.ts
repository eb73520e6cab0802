import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stage } from './stage.ts';
import { writeSettledPolicy } from './settled-policy.ts';

/** Secret values that need escaping in many formats. */
export const CANARIES = Array.from(
  { length: 18 },
  (_, index) =>
    `Cnry${index}-"<&>\\'%+/=é-${'xyzq'.repeat(1 + (index % 4))}-${(index * 7919).toString(36)}`,
);

export const at = (index: number): string => `secret:/canary/s${index}`;
const user = (index: number) => ({ username: `nobody${index}@acme.example` });
/**
 * Each canary in a secret field of a service whose sign-in fails: error texts and
 * logs are where secrets leak.
 */
export const doomed = (
  consumerKey: string,
): Readonly<Record<string, Readonly<Record<string, unknown>>>> => ({
  soap: { ...user(0), password: at(0), securityToken: at(1) },
  'soap-by-range': { ...user(1), password: at(2), organizationId: '00DIB000004nDEq' },
  'password-flow': {
    ...user(2),
    consumerKey,
    consumerSecret: at(3),
    password: at(4),
    securityToken: at(5),
  },
  'password-flow-by-range': { ...user(3), consumerKey, consumerSecret: at(6), password: at(7) },
  'client-credentials': { consumerKey, consumerSecret: at(8) },
  jwt: { ...user(4), consumerKey, privateKey: at(9) },
  authority: {
    ...user(5),
    password: at(10),
    securityToken: at(11),
    sslConfig: { caCertificate: at(12) },
  },
  'client-certificate': {
    ...user(6),
    password: at(13),
    securityToken: at(14),
    sslConfig: { sslCertificate: at(15), sslKey: at(16) },
  },
});
/** The org repeats the password of this one in its error. */
export const ECHOED = { ...user(7), password: at(17), organizationId: '00DIB000004nDEq' };

/**
 * Permits every canary for the hosts of the jobs: the test is about what happens after the policy.
 */
export function permitCanaries({ place, sandbox }: Stage): void {
  const file = join(place.directory, 'policy.yaml');
  const policy = JSON.parse(readFileSync(file, 'utf8')) as { readonly secrets: readonly object[] };
  const host = `${sandbox.myDomain}.salesforce.com`;
  const fields = [
    'password',
    'securityToken',
    'consumerSecret',
    'privateKey',
    'sslConfig.caCertificate',
    'sslConfig.sslCertificate',
    'sslConfig.sslKey',
  ];
  const config = JSON.parse(readFileSync(place.configFile, 'utf8')) as {
    readonly network: { readonly connectTo: readonly string[] };
  };
  const connectTo = [...config.network.connectTo, `${host}:8443=127.0.0.1:${sandbox.port}`];
  writeFileSync(
    place.configFile,
    JSON.stringify({ ...config, network: { ...config.network, connectTo } }),
  );
  writeSettledPolicy(file, {
    ...policy,
    secrets: [
      ...policy.secrets,
      { ref: '/canary/*', connector: 'salesforce', fields, hosts: [host, `${host}:8443`] },
    ],
  });
}

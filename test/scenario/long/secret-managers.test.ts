import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type ManagerStage,
  type ManagerUnderTest,
  type MountedElsewhere,
  VALUE,
} from '../../contract/secret-manager.stage.ts';
import { awsStage } from '../../contract/secret-managers/aws.ts';
import { azureStage } from '../../contract/secret-managers/azure.ts';
import { commandStage } from '../../contract/secret-managers/command.ts';
import { googleStage } from '../../contract/secret-managers/google.ts';
import { hashicorpVaultStage } from '../../contract/secret-managers/hashicorp-vault.ts';
import { kubernetesStage } from '../../contract/secret-managers/kubernetes.ts';
import { onePasswordStage } from '../../contract/secret-managers/onepassword-connect.ts';
import { ConnectProxy } from '../../support/connect-proxy.ts';
import { SteppedClock } from '../../support/stepped-clock.ts';
import { Place } from '../../cli/command-line.ts';

/**
 * The program as it is delivered: an SDK in a bundle can lack what it has in its package, and one
 * that finds a proxy in the environment takes other ways than without it.
 */
const STAGES: Readonly<Record<string, ManagerStage>> = {
  'AWS Secrets Manager by web identity': awsStage('aws-secrets-manager', 'web-identity', 'text'),
  'AWS Secrets Manager by profile': awsStage('aws-secrets-manager', 'profile', 'text'),
  'the Parameter Store of AWS': awsStage('aws-parameter-store', 'environment', 'text'),
  'Azure Key Vault by client secret': azureStage('client-secret', 'text'),
  'Azure Key Vault by certificate': azureStage('client-certificate', 'text'),
  'Azure Key Vault by workload identity': azureStage('workload-identity', 'text'),
  'Google Secret Manager by service account': googleStage('service-account', 'text'),
  'Google Secret Manager by federation': googleStage('federation', 'text'),
  'Vault, version 1 of its engine': hashicorpVaultStage('token', '1'),
  'Vault, version 2 of its engine': hashicorpVaultStage('approle', '2'),
  Kubernetes: kubernetesStage(),
  '1Password Connect': onePasswordStage(),
  'a program': commandStage('json'),
};

let place: Place;
beforeEach(() => {
  place = new Place();
  place.file('policy.yaml', 'version: 1\n');
});
afterEach(() => place.close());

function configure({ type, options, server }: MountedElsewhere): void {
  const config = JSON.parse(readFileSync(place.config, 'utf8')) as { secrets: object };
  const network =
    server === undefined ? {} : { network: { caFile: place.file('ca.pem', server.caPem) } };
  const mounts = [{ prefix: '/m', provider: type, ...options }];
  const secrets = { ...config.secrets, mounts };
  writeFileSync(place.config, JSON.stringify({ ...config, ...network, secrets }));
}

/** The version of the secret in each of two processes that run at the same time. */
async function versionsOf(
  { path }: ManagerUnderTest,
  { env }: MountedElsewhere,
  proxy: ConnectProxy,
): Promise<readonly unknown[]> {
  const variables = { ...env, HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` };
  const args = ['secrets', 'check', `secret:/m/${path.join('/')}`, '--json'];
  const results = await Promise.all(
    Array.from({ length: 2 }, () => place.call(args, { env: variables })),
  );
  return results.map(({ stdout, stderr }) => {
    expect(`${stdout}${stderr}`).not.toContain(VALUE);
    return stdout === '' ? stderr : (JSON.parse(stdout) as { version: unknown }).version;
  });
}

describe('the delivered program, behind a proxy', () => {
  it.each(Object.keys(STAGES))(
    'signs in to and reads from %s, with the same version in every process',
    async (title) => {
      const under = await STAGES[title]!.open({ clock: new SteppedClock(), cacheFor: '0s' });
      const { mounted } = under;
      if (mounted === undefined) throw new Error('the stage has no mount for other processes');
      await under.put(under.path, VALUE);
      configure(mounted);
      const { server } = mounted;
      const target = server === undefined ? {} : { target: { host: '127.0.0.1', ...server } };
      const proxy = await ConnectProxy.open(target);
      try {
        const [one, other] = await versionsOf(under, mounted, proxy);
        expect(one).toMatch(/^[\w -]{1,80}(?:T[\w:.]+Z)?$/);
        expect(other).toBe(one);
        expect(proxy.requested.length > 0).toBe(server !== undefined);
      } finally {
        await proxy.close();
      }
    },
  );
});

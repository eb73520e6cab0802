import { readFileSync, writeFileSync } from 'node:fs';
import { nodeDisk } from '../../foundation/src/runtime/node-disk.ts';
import { readEvents } from '../../src/audit/read-events.ts';
import { auditDirectory } from '../../src/audit/trail.ts';
import type { Place } from '../cli/command-line.ts';
import {
  type ManagerStage,
  type MountedElsewhere,
  VALUE,
} from '../contract/secret-manager.stage.ts';
import { awsStage } from '../contract/secret-managers/aws.ts';
import { azureStage } from '../contract/secret-managers/azure.ts';
import { commandStage } from '../contract/secret-managers/command.ts';
import { googleStage } from '../contract/secret-managers/google.ts';
import { hashicorpVaultStage } from '../contract/secret-managers/hashicorp-vault.ts';
import { kubernetesStage } from '../contract/secret-managers/kubernetes.ts';
import { onePasswordStage } from '../contract/secret-managers/onepassword-connect.ts';
import { ConnectProxy } from './connect-proxy.ts';
import { SteppedClock } from './stepped-clock.ts';

/** Every kind of mount that can be reached from another process, by what a user would call it. */
export const MOUNTED: Readonly<Record<string, ManagerStage>> = {
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

interface ReadByPrograms {
  /** The version of the secret in each process, or what it printed instead. */
  readonly versions: readonly unknown[];
  /** What the processes asked the proxy for. */
  readonly requested: readonly string[];
  /** The connections that their audit trail has. */
  readonly recorded: readonly string[];
  /** Whether the mount has a server, which a program has not. */
  readonly hasServer: boolean;
}

/** Reads a secret of the mount in processes that run at the same time, behind a proxy. */
export async function readByPrograms(
  place: Place,
  stage: ManagerStage,
  processes: number,
): Promise<ReadByPrograms> {
  const under = await stage.open({ clock: new SteppedClock(), cacheFor: '0s' });
  const { mounted } = under;
  if (mounted === undefined) throw new Error('the stage has no mount for other processes');
  await under.put(under.path, VALUE);
  configure(place, mounted);
  const { server, env } = mounted;
  const target = server === undefined ? {} : { target: { host: '127.0.0.1', ...server } };
  const proxy = await ConnectProxy.open(target);
  try {
    const args = ['secrets', 'check', `secret:/m/${under.path.join('/')}`, '--json'];
    const variables = { ...env, HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` };
    const results = await Promise.all(
      Array.from({ length: processes }, () => place.call(args, { env: variables })),
    );
    const versions = results.map(versionIn);
    const { requested } = proxy;
    const recorded = await recordedTargets(place.stateDir);
    return { versions, requested, recorded, hasServer: server !== undefined };
  } finally {
    await proxy.close();
  }
}

/** Where the audit trail says that connections went. */
export async function recordedTargets(stateDir: string): Promise<readonly string[]> {
  const wanted = { since: 0, event: 'connect', decision: 'allow' } as const;
  const lines = await readEvents(nodeDisk, auditDirectory(stateDir), wanted);
  return lines.map((line) => String(line['target']));
}

function configure(place: Place, { type, options, server }: MountedElsewhere): void {
  place.file('policy.yaml', 'version: 1\n');
  const config = JSON.parse(readFileSync(place.config, 'utf8')) as { secrets: object };
  const network =
    server === undefined ? {} : { network: { caFile: place.file('ca.pem', server.caPem) } };
  const mounts = [{ prefix: '/m', provider: type, ...options }];
  const secrets = { ...config.secrets, mounts };
  writeFileSync(place.config, JSON.stringify({ ...config, ...network, secrets }));
}

function versionIn({ stdout, stderr }: { stdout: string; stderr: string }): unknown {
  if (`${stdout}${stderr}`.includes(VALUE)) throw new Error('the value was printed');
  return stdout === '' ? stderr : (JSON.parse(stdout) as { version: unknown }).version;
}

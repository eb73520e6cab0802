import { MANAGERS } from '../../../src/secrets/managers/registry.ts';
import {
  type DoubleAnswer,
  type DoubleRequest,
  startManagerDouble,
} from '../../support/https-manager.ts';
import { providerDeps } from '../../support/provider-deps.ts';
import { WatchedCredentials } from '../../support/watched-credentials.ts';
import type { ManagerFault, ManagerStage } from '../secret-manager.stage.ts';
import { credentialFile } from './credential.ts';

const HOST = 'kubernetes.default.svc';
const TOKEN = 'token-of-the-service-account';
const SECRETS = '/api/v1/namespaces/ingestion/secrets/';

interface Stored {
  readonly data: Readonly<Record<string, string>>;
  readonly resourceVersion: string;
}

/** A double of the API: no API server can be installed here. */
export function kubernetesStage(): ManagerStage {
  return {
    impossible: { sealed: 'an API server has no such state' },
    open: async ({ clock, cacheFor }) => {
      const secrets = new Map<string, Stored>();
      let version = 0;
      const watched = new WatchedCredentials([TOKEN]);
      const double = await startManagerDouble({
        watched,
        host: HOST,
        isSecret: ({ url }) => url.startsWith(SECRETS),
        answer: (request, fault) => answer(request, fault, secrets),
        denied: { status: 403, body: { kind: 'Status', reason: 'Forbidden' } },
      });
      const options = {
        caFile: credentialFile(double.caPem),
        tokenFile: credentialFile(TOKEN),
        namespace: 'ingestion',
        cacheFor,
      };
      const mount = MANAGERS.kubernetes.mount(options);
      const { connect } = double;
      const deps = providerDeps({ clock, connect, protect: watched.protect });
      return {
        manager: await mount.open(deps),
        path: ['salesforce', 'password'],
        other: ['another', 'password'],
        missingKey: ['salesforce', 'user'],
        refused: [['salesforce'], ['ingestion', 'salesforce', 'password']],
        put: async ([name = ''], value) => {
          version += 1;
          if (value === undefined) secrets.delete(name);
          else
            secrets.set(name, {
              data: { password: Buffer.from(value).toString('base64') },
              resourceVersion: String(version),
            });
        },
        mounted: { type: 'kubernetes', options, server: double },
        fail: double.fail,
        requests: double.requests,
        watched,
      };
    },
  };
}

function answer(
  { url, headers, method }: DoubleRequest,
  fault: ManagerFault | undefined,
  secrets: ReadonlyMap<string, Stored>,
): DoubleAnswer {
  if (headers.authorization !== `Bearer ${TOKEN}` || fault === 'rejected')
    return { status: 401, body: { kind: 'Status', reason: 'Unauthorized' } };
  if (method === 'POST' && url.endsWith('/selfsubjectaccessreviews'))
    return { status: 201, body: { status: { allowed: false } } };
  const stored = secrets.get(url.replace(SECRETS, ''));
  if (stored === undefined) return { status: 404, body: { kind: 'Status', reason: 'NotFound' } };
  const { data, resourceVersion } = stored;
  const metadata = { uid: '7f3a', resourceVersion, name: 'salesforce' };
  return { status: 200, body: { kind: 'Secret', apiVersion: 'v1', metadata, data } };
}

import { generateKeyPairSync } from 'node:crypto';
import { MANAGERS } from '../../../src/secrets/managers/registry.ts';
import {
  type DoubleAnswer,
  type DoubleRequest,
  startDouble,
} from '../../support/manager-double.ts';
import { privateFile } from '../../support/private-file.ts';
import { providerDeps } from '../../support/provider-deps.ts';
import { WatchedCredentials } from '../../support/watched-credentials.ts';
import type { ManagerFault, ManagerStage } from '../secret-manager.stage.ts';
import { type CloudDouble, inCloud } from './cloud-double.ts';

const SERVICE = 'secretmanager.googleapis.com';
const TOKENS = 'oauth2.googleapis.com';
const EXCHANGE = 'sts.googleapis.com';
const ACCOUNTS = 'iamcredentials.googleapis.com';
const PREFIX = '/v1/projects/runner-test/secrets/';
const TOKEN_LIFE_SECONDS = 3600;
const TOKEN = 'access-token-of-the-runner';
const FEDERATED_TOKEN = 'token-that-is-traded-for-another';
const POD_TOKEN = 'token of the pod';

export type GoogleWay = 'service-account' | 'federation' | 'metadata';

/** Secret Manager, the token server and the metadata service of Google, all doubles. */
export function googleStage(way: GoogleWay, format: 'text' | 'json'): ManagerStage {
  const hasKeys = format === 'json';
  return {
    impossible: {
      sealed: 'Secret Manager is never sealed',
      ...(hasKeys ? { binary: 'JSON is text' } : {}),
    },
    open: async ({ clock, cacheFor }) => {
      const cloud = new GoogleCloud();
      const watched = new WatchedCredentials(CREDENTIALS[way]);
      const double = await startDouble({
        watched,
        hosts: [SERVICE, TOKENS, EXCHANGE, ACCOUNTS],
        secretHost: SERVICE,
        answer: (request) => cloud.answer(request, double.fault()),
      });
      const options = {
        project: 'runner-test',
        credentials: way === 'metadata' ? way : 'application-default',
        format,
        cacheFor,
        ...(way === 'metadata' ? {} : { credentialsFile: FILES[way]() }),
      };
      const mount = MANAGERS['google-secret-manager'].mount(options);
      const key = hasKeys ? ['password'] : [];
      return {
        manager: await mount.open(
          providerDeps({ clock, connect: double.connect, protect: watched.protect }),
        ),
        path: ['db', 'Main_1', ...key],
        other: ['db', 'other', ...key],
        ...(hasKeys ? { missingKey: ['db', 'Main_1', 'user'] } : {}),
        refused: [
          ['db--Main_1', ...key],
          ['db-', 'Main_1', ...key],
          ['db', 'ma.in', ...key],
          ...(hasKeys ? [['db']] : []),
        ],
        mounted: { type: 'google-secret-manager', options, server: double.server },
        fail: double.fail,
        stallSignIns: double.stallSignIns,
        watched,
        ...inCloud(cloud, {
          hasKeys,
          nameOf: (segments) => segments.join('--'),
          tokenLifeMs: TOKEN_LIFE_SECONDS * 1000,
        }),
      };
    },
  };
}

const KEY = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();

function serviceAccount(): string {
  const client_email = 'runner@runner-test.iam.gserviceaccount.com';
  const document = { type: 'service_account', client_email, private_key: KEY };
  return privateFile(JSON.stringify(document));
}

function federation(): string {
  return privateFile(
    JSON.stringify({
      type: 'external_account',
      audience:
        '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/k',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `https://${EXCHANGE}/v1/token`,
      service_account_impersonation_url: `https://${ACCOUNTS}/v1/projects/-/serviceAccounts/r:generateAccessToken`,
      credential_source: { file: privateFile(POD_TOKEN) },
    }),
  );
}

const CREDENTIALS: Readonly<Record<GoogleWay, readonly string[]>> = {
  'service-account': [TOKEN, KEY.slice(40, 100)],
  federation: [TOKEN, POD_TOKEN, FEDERATED_TOKEN],
  metadata: [TOKEN],
};

const FILES = { 'service-account': serviceAccount, federation } as const;

class GoogleCloud implements CloudDouble {
  readonly #stored = new Map<string, { readonly data: string; readonly version: number }>();
  #versions = 0;
  reads = 0;
  signIns = 0;

  put(name: string, value: string | Uint8Array | undefined): void {
    this.#versions += 1;
    if (value === undefined) this.#stored.delete(name);
    else
      this.#stored.set(name, {
        data: Buffer.from(value as Uint8Array).toString('base64'),
        version: this.#versions,
      });
  }

  answer(request: DoubleRequest, fault: ManagerFault | undefined): DoubleAnswer {
    if (request.host === '169.254.169.254') return this.#metadata(request);
    if (request.host === TOKENS) return this.#exchange(request);
    if (request.host === EXCHANGE) return this.#federate(request);
    if (request.host === ACCOUNTS) return this.#standFor(request);
    this.reads += 1;
    if (request.headers.authorization !== `Bearer ${TOKEN}` || fault === 'rejected')
      return error(401, 'UNAUTHENTICATED');
    if (fault === 'denied') return error(403, 'PERMISSION_DENIED');
    if (fault === 'throttled') return error(429, 'RESOURCE_EXHAUSTED');
    return this.#access(request);
  }

  #access({ url: { pathname } }: DoubleRequest): DoubleAnswer {
    const name = /^(?<name>[^/]+)\/versions\/latest:access$/.exec(pathname.slice(PREFIX.length));
    const stored = this.#stored.get(name?.groups?.['name'] ?? '');
    if (!pathname.startsWith(PREFIX) || stored === undefined) return error(404, 'NOT_FOUND');
    const { data, version } = stored;
    return json(200, { name: `${pathname}/versions/${version}`, payload: { data } });
  }

  #exchange({ body }: DoubleRequest): DoubleAnswer {
    this.signIns += 1;
    const [, claims = ''] = (new URLSearchParams(body).get('assertion') ?? '').split('.');
    const isRight = Buffer.from(claims, 'base64url').toString().includes('cloud-platform');
    return isRight ? json(200, token()) : error(400, 'invalid_grant');
  }

  #federate({ body }: DoubleRequest): DoubleAnswer {
    const isRight = new URLSearchParams(body).get('subject_token') === POD_TOKEN;
    return isRight
      ? json(200, { ...token(), access_token: FEDERATED_TOKEN })
      : error(400, 'invalid_grant');
  }

  #standFor({ headers }: DoubleRequest): DoubleAnswer {
    this.signIns += 1;
    if (headers.authorization !== `Bearer ${FEDERATED_TOKEN}`) return error(401, 'denied');
    const expireTime = new Date(Date.now() + TOKEN_LIFE_SECONDS * 1000).toISOString();
    return json(200, { accessToken: TOKEN, expireTime });
  }

  #metadata({ headers }: DoubleRequest): DoubleAnswer {
    this.signIns += 1;
    return headers['metadata-flavor'] === 'Google' ? json(200, token()) : error(403, 'denied');
  }
}

function token(): object {
  return { access_token: TOKEN, expires_in: TOKEN_LIFE_SECONDS, token_type: 'Bearer' };
}

function error(status: number, code: string): DoubleAnswer {
  return json(status, { error: { code: status, status: code, message: `${code} with ${TOKEN}` } });
}

function json(status: number, document: object): DoubleAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(document),
  };
}

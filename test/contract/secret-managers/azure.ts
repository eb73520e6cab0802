import { constants, verify, X509Certificate } from 'node:crypto';
import { MANAGERS } from '../../../src/secrets/managers/registry.ts';
import { selfSignedRsa } from '../../support/certificates.ts';
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

const VAULT = 'runner-keys.vault.azure.net';
const AUTHORITY = 'login.microsoftonline.com';
const TOKEN_LIFE_SECONDS = 3600;
const CLIENT_SECRET = 'client-secret-of-the-runner';
const TOKEN = 'access-token-of-the-runner';

const POD_TOKEN = 'token-of-the-pod';
export type AzureWay =
  | 'client-secret'
  | 'client-certificate'
  | 'workload-identity'
  | 'managed-identity';

const CREDENTIALS: Readonly<Record<AzureWay, readonly string[]>> = {
  'client-secret': [CLIENT_SECRET, TOKEN],
  'client-certificate': ['PRIVATE KEY', TOKEN],
  'workload-identity': [POD_TOKEN, TOKEN],
  'managed-identity': [TOKEN],
};

/** Key Vault, its authority and the metadata service of Azure, all doubles. */
export function azureStage(way: AzureWay, format: 'text' | 'json'): ManagerStage {
  const hasKeys = format === 'json';
  return {
    impossible: { sealed: 'a Key Vault is never sealed', binary: 'its values are text' },
    open: async ({ clock, cacheFor }) => {
      const { certPem, keyPem } = await selfSignedRsa();
      const cloud = new AzureCloud(certPem);
      const watched = new WatchedCredentials(CREDENTIALS[way]);
      const double = await startDouble({
        watched,
        hosts: [VAULT, AUTHORITY],
        secretHost: VAULT,
        answer: (request) => cloud.answer(request, double.fault()),
      });
      const options = {
        vault: `https://${VAULT}`,
        credentials: way,
        format,
        cacheFor,
        ...optionsOf(way, `${certPem}\n${keyPem}`),
      };
      const mount = MANAGERS['azure-key-vault'].mount(options);
      const key = hasKeys ? ['password'] : [];
      return {
        manager: await mount.open(
          providerDeps({ clock, connect: double.connect, protect: watched.protect }),
        ),
        path: ['db', 'main', ...key],
        other: ['db', 'other', ...key],
        ...(hasKeys ? { missingKey: ['db', 'main', 'user'] } : {}),
        refused: [
          ['db', 'Main', ...key],
          ['db--main', ...key],
          ['db-', 'main', ...key],
          ['db', 'ma.in', ...key],
          ['x'.repeat(64), 'x'.repeat(64), ...key],
          ...(hasKeys ? [['db']] : []),
        ],
        mounted: { type: 'azure-key-vault', options, server: double.server },
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

function optionsOf(way: AzureWay, certificate: string): object {
  const ids = { tenant: 'tenant-of-the-test', client: 'client-of-the-test' };
  if (way === 'managed-identity') return {};
  if (way === 'client-certificate') return { ...ids, certificateFile: privateFile(certificate) };
  return way === 'client-secret'
    ? { ...ids, clientSecretFile: privateFile(`${CLIENT_SECRET}\n`) }
    : { ...ids, tokenFile: privateFile(`${POD_TOKEN}\n`) };
}

/** Asks for a token of its own domain, as a vault does. */
const CHALLENGE = {
  'www-authenticate': `Bearer authorization="https://${AUTHORITY}/tenant-of-the-test", resource="https://vault.azure.net"`,
};

class AzureCloud implements CloudDouble {
  readonly #stored = new Map<string, { readonly value: string; readonly version: number }>();
  readonly #certificate: X509Certificate;
  #versions = 0;
  reads = 0;
  signIns = 0;

  constructor(certPem: string) {
    this.#certificate = new X509Certificate(certPem);
  }

  put(name: string, value: string | Uint8Array | undefined): void {
    this.#versions += 1;
    if (value === undefined) this.#stored.delete(name);
    else this.#stored.set(name, { value: String(value), version: this.#versions });
  }

  answer(request: DoubleRequest, fault: ManagerFault | undefined): DoubleAnswer {
    if (request.host === '169.254.169.254') return this.#metadata(request);
    if (request.host === AUTHORITY) return this.#authority(request);
    const { authorization } = request.headers;
    if (authorization === undefined) return error(401, 'Unauthorized', CHALLENGE);
    this.reads += 1;
    if (authorization !== `Bearer ${TOKEN}` || fault === 'rejected')
      return error(401, 'Unauthorized');
    if (fault === 'denied') return error(403, 'Forbidden');
    if (fault === 'throttled') return error(429, 'Throttled');
    return this.#read(request);
  }

  #read({ url }: DoubleRequest): DoubleAnswer {
    const [, kind, name = ''] = url.pathname.split('/');
    const stored = kind === 'secrets' ? this.#stored.get(name) : undefined;
    if (stored === undefined) return error(404, 'SecretNotFound');
    const id = `https://${VAULT}/secrets/${name}/${'0'.repeat(31)}${stored.version}`;
    return json(200, { value: stored.value, id, attributes: { enabled: true } });
  }

  #authority({ method, body, url }: DoubleRequest): DoubleAnswer {
    if (method === 'GET')
      return json(200, {
        token_endpoint: `https://${AUTHORITY}/tenant-of-the-test/oauth2/v2.0/token`,
        issuer: `https://${AUTHORITY}/tenant-of-the-test/v2.0`,
        authorization_endpoint: `https://${AUTHORITY}/tenant-of-the-test/oauth2/v2.0/authorize`,
        jwks_uri: `https://${AUTHORITY}/tenant-of-the-test/discovery/v2.0/keys`,
      });
    this.signIns += 1;
    const form = new URLSearchParams(body);
    const isRight =
      url.pathname.endsWith('/oauth2/v2.0/token') &&
      (form.get('client_secret') === CLIENT_SECRET ||
        form.get('client_assertion') === POD_TOKEN ||
        isSignedWith(this.#certificate, form.get('client_assertion') ?? '')) &&
      (form.get('scope') ?? '').includes('https://vault.azure.net/.default');
    return isRight ? json(200, token()) : error(401, 'invalid_client');
  }

  #metadata({ url, headers }: DoubleRequest): DoubleAnswer {
    this.signIns += 1;
    const isRight =
      headers['metadata'] === 'true' &&
      url.searchParams.get('resource') === 'https://vault.azure.net';
    return isRight ? json(200, token()) : error(400, 'bad_request');
  }
}

function token(): object {
  return { token_type: 'Bearer', access_token: TOKEN, expires_in: TOKEN_LIFE_SECONDS };
}

function error(status: number, code: string, headers = {}): DoubleAnswer {
  const answer = json(status, { error: { code, message: `${code} with ${TOKEN}` } });
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

function json(status: number, document: object): DoubleAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(document),
  };
}

/** An assertion that Microsoft's library signs with the key of a certificate: RSA with PSS. */
function isSignedWith({ publicKey }: X509Certificate, assertion: string): boolean {
  const [header = '', claims = '', signature = ''] = assertion.split('.');
  const key = {
    key: publicKey,
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
  };
  const signed = Buffer.from(`${header}.${claims}`);
  return verify('sha256', signed, key, Buffer.from(signature, 'base64url'));
}

import type { Clock } from '../../../foundation/src/runtime/clock.ts';
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

const REGION = 'eu-central-1';
const HOSTS = {
  'aws-secrets-manager': `secretsmanager.${REGION}.amazonaws.com`,
  'aws-parameter-store': `ssm.${REGION}.amazonaws.com`,
};
const STS = `sts.${REGION}.amazonaws.com`;
const TOKEN_LIFE_MS = 3_600_000;
const SECRET_KEY = 'secret-key-of-the-runner';
const SESSION_TOKEN = 'session-token-of-the-runner';
const WEB_TOKEN = 'web-identity-token-of-the-pod';
const SOURCE_KEY = 'key-of-the-source-profile';
const IMDS_SESSION = 'session-of-the-metadata-service';

type AwsType = keyof typeof HOSTS;
export type AwsWay = 'environment' | 'profile' | 'web-identity' | 'instance-role';

const CREDENTIALS: Readonly<Record<AwsWay, readonly string[]>> = {
  environment: [SECRET_KEY],
  profile: [SECRET_KEY, SESSION_TOKEN, SOURCE_KEY],
  'web-identity': [SECRET_KEY, SESSION_TOKEN, WEB_TOKEN],
  'instance-role': [SECRET_KEY, SESSION_TOKEN, IMDS_SESSION],
};

interface Stored {
  readonly value: string | Uint8Array;
  readonly version: number;
}

/** Secrets Manager or the Parameter Store, STS and the metadata service of EC2, all doubles. */
export function awsStage(type: AwsType, way: AwsWay, format: 'text' | 'json'): ManagerStage {
  const hasKeys = format === 'json';
  const isParameters = type === 'aws-parameter-store';
  return {
    impossible: {
      sealed: 'a service of AWS is never sealed',
      ...(hasKeys || isParameters ? { binary: 'JSON and parameters are text' } : {}),
    },
    open: async ({ clock, cacheFor }) => {
      const cloud = new AwsCloud(type, clock);
      const watched = new WatchedCredentials(CREDENTIALS[way]);
      const double = await startDouble({
        watched,
        hosts: [HOSTS[type], STS],
        secretHost: HOSTS[type],
        answer: (request) => cloud.answer(request, double.fault()),
      });
      const options = {
        region: REGION,
        credentials: way,
        namePrefix: 'runner/prod',
        format,
        cacheFor,
        ...(way === 'web-identity' ? webIdentity() : {}),
        ...(way === 'profile' ? profile() : {}),
      };
      const mount = MANAGERS[type].mount(options);
      const env = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: SECRET_KEY };
      const key = hasKeys ? ['password'] : [];
      return {
        manager: await mount.open(
          providerDeps({ clock, env, connect: double.connect, protect: watched.protect }),
        ),
        path: ['db', 'main', ...key],
        other: ['db', 'other', ...key],
        ...(hasKeys ? { missingKey: ['db', 'main', 'user'] } : {}),
        refused: hasKeys ? [['db']] : [],
        mounted: { type: type, options, env, server: double.server },
        fail: double.fail,
        stallSignIns: double.stallSignIns,
        watched,
        ...inCloud(cloud, {
          hasKeys,
          nameOf: (segments) => `${isParameters ? '/' : ''}runner/prod/${segments.join('/')}`,
          tokenLifeMs: way === 'environment' ? undefined : TOKEN_LIFE_MS,
        }),
      };
    },
  };
}

function webIdentity(): object {
  const role = 'arn:aws:iam::123456789012:role/runner';
  return { role, tokenFile: privateFile(`${WEB_TOKEN}\n`) };
}

function profile(): object {
  const role = 'role_arn = arn:aws:iam::123456789012:role/runner\nsource_profile = source';
  const keys = `aws_access_key_id = AKIA\naws_secret_access_key = ${SOURCE_KEY}`;
  return { credentialsFile: privateFile(`[default]\n${role}\n[source]\n${keys}\n`) };
}

class AwsCloud implements CloudDouble {
  readonly #type: AwsType;
  readonly #clock: Clock;
  readonly #stored = new Map<string, Stored>();
  #versions = 0;
  reads = 0;
  signIns = 0;

  constructor(type: AwsType, clock: Clock) {
    this.#type = type;
    this.#clock = clock;
  }

  put(name: string, value: string | Uint8Array | undefined): void {
    this.#versions += 1;
    if (value === undefined) this.#stored.delete(name);
    else this.#stored.set(name, { value, version: this.#versions });
  }

  answer(request: DoubleRequest, fault: ManagerFault | undefined): DoubleAnswer {
    if (request.host === '169.254.169.254') return this.#metadata(request);
    if (request.host === STS) return this.#assumeRole(request);
    this.reads += 1;
    const name = ERRORS[fault as keyof typeof ERRORS] as string | undefined;
    return name === undefined ? this.#read(request) : errorAnswer(name);
  }

  #read({ headers, body }: DoubleRequest): DoubleAnswer {
    if (!/^AWS4-HMAC-SHA256 Credential=.+/.test(headers.authorization ?? ''))
      return errorAnswer('MissingAuthenticationToken');
    const asked = JSON.parse(body) as { SecretId?: string; Name?: string };
    const stored = this.#stored.get(asked.SecretId ?? asked.Name ?? '');
    const isParameters = this.#type === 'aws-parameter-store';
    if (stored === undefined)
      return errorAnswer(isParameters ? 'ParameterNotFound' : 'ResourceNotFoundException');
    const { value, version } = stored;
    const isText = typeof value === 'string';
    const answer = isParameters
      ? { Parameter: { Name: asked.Name, Value: value, Version: version, LastModifiedDate: 1.7e9 } }
      : {
          Name: asked.SecretId,
          VersionId: `version-${version}`,
          ...(isText
            ? { SecretString: value }
            : { SecretBinary: Buffer.from(value).toString('base64') }),
        };
    return json(200, answer);
  }

  #assumeRole({ body }: DoubleRequest): DoubleAnswer {
    this.signIns += 1;
    const form = new URLSearchParams(body);
    const action = form.get('Action') ?? '';
    const isWeb = action === 'AssumeRoleWithWebIdentity';
    if (isWeb && form.get('WebIdentityToken') !== WEB_TOKEN) return { status: 400, body: '' };
    const until = new Date(this.#clock.now() + TOKEN_LIFE_MS).toISOString();
    return {
      status: 200,
      headers: { 'content-type': 'text/xml' },
      body: `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result><AssumedRoleUser><AssumedRoleId>ARO:s</AssumedRoleId><Arn>arn:aws:sts::123456789012:assumed-role/runner/s</Arn></AssumedRoleUser><Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>${SECRET_KEY}</SecretAccessKey><SessionToken>${SESSION_TOKEN}</SessionToken><Expiration>${until}</Expiration></Credentials></${action}Result></${action}Response>`,
    };
  }

  #metadata({ method, url, headers }: DoubleRequest): DoubleAnswer {
    if (method === 'PUT') return { status: 200, body: IMDS_SESSION };
    if (headers['x-aws-ec2-metadata-token'] !== IMDS_SESSION) return { status: 401, body: '' };
    if (url.pathname.endsWith('/security-credentials/'))
      return { status: 200, body: 'runner-role' };
    this.signIns += 1;
    return json(200, {
      Code: 'Success',
      AccessKeyId: 'ASIA',
      SecretAccessKey: SECRET_KEY,
      Token: SESSION_TOKEN,
      Expiration: new Date(this.#clock.now() + TOKEN_LIFE_MS).toISOString(),
    });
  }
}

const ERRORS = {
  denied: 'AccessDeniedException',
  throttled: 'ThrottlingException',
  rejected: 'UnrecognizedClientException',
} as const;

function errorAnswer(name: string): DoubleAnswer {
  return json(400, { __type: name, message: `${name} with ${SECRET_KEY}` });
}

function json(status: number, document: object): DoubleAnswer {
  return {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.1' },
    body: JSON.stringify(document),
  };
}

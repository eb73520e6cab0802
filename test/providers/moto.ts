import type { Emulator } from './emulator.ts';

export const REGION = 'eu-central-1';

const PLAIN = { 'content-type': 'text/plain' };

/** Calls moto as an administrator, while it checks nobody. */
export class Moto {
  readonly #emulator: Emulator;

  constructor(emulator: Emulator) {
    this.#emulator = emulator;
  }

  async reset(): Promise<void> {
    await this.#post('/moto-api/reset', PLAIN, '');
    await this.checkAccess(false);
  }

  /** Whether moto checks signatures and policies from now on. */
  async checkAccess(isChecked: boolean): Promise<void> {
    await this.#post('/moto-api/reset-auth', PLAIN, isChecked ? '0' : 'inf');
  }

  /** A call of a service that speaks JSON, such as `secretsmanager.CreateSecret`. */
  async json(service: string, target: string, body: object): Promise<Response> {
    const headers = {
      'x-amz-target': target,
      'content-type': 'application/x-amz-json-1.1',
      authorization: scope(service),
    };
    return this.#post('/', headers, JSON.stringify(body));
  }

  /** A user with the policy; resolves with an access key of it. */
  async user(name: string, policy: string): Promise<AccessKey> {
    const iam = async (fields: Readonly<Record<string, string>>): Promise<string> => {
      const body = new URLSearchParams({ Version: '2010-05-08', UserName: name, ...fields });
      const response = await this.#post('/', { authorization: scope('iam') }, body.toString());
      return response.text();
    };
    await iam({ Action: 'CreateUser' });
    await iam({ Action: 'PutUserPolicy', PolicyName: 'runner', PolicyDocument: policy });
    const answer = await iam({ Action: 'CreateAccessKey' });
    const part = (tag: string): string =>
      new RegExp(`<${tag}>(?<text>[^<]+)</${tag}>`).exec(answer)?.groups?.['text'] ?? '';
    return { id: part('AccessKeyId'), secret: part('SecretAccessKey') };
  }

  async #post(
    path: string,
    headers: Readonly<Record<string, string>>,
    body: string,
  ): Promise<Response> {
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const response = await fetch(`${this.#emulator.origin}${path}`, {
      method: 'POST',
      headers: { ...form, ...headers },
      body,
    });
    return response;
  }
}

export interface AccessKey {
  readonly id: string;
  readonly secret: string;
}

/** Moto finds the service in it; the signature is not checked. */
function scope(service: string): string {
  return `AWS4-HMAC-SHA256 Credential=admin/20260101/${REGION}/${service}/aws4_request, SignedHeaders=host, Signature=none`;
}

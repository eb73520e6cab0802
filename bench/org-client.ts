import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import type { Sandbox } from '../demo/setup.ts';

/** A body as it was sent. */
export interface RawAnswer {
  readonly body: Buffer;
  readonly isCompressed: boolean;
}

export interface RequestOptions {
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Calls of the sandbox org without anything of the runner, over kept-alive connections. */
export class OrgClient {
  readonly #sandbox: Sandbox;
  readonly #agent: Agent;
  readonly #host: string;
  #session = '';

  constructor(sandbox: Sandbox, ca: string, connections = 1) {
    this.#sandbox = sandbox;
    this.#host = `${sandbox.myDomain}.salesforce.com`;
    this.#agent = new Agent({ ca, keepAlive: true, maxSockets: connections });
  }

  async signIn(): Promise<void> {
    const { username, password, securityToken } = this.#sandbox.credentials;
    const envelope = [
      '<?xml version="1.0" encoding="utf-8"?>',
      '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" ',
      'xmlns:u="urn:partner.soap.sforce.com"><e:Body><u:login>',
      `<u:username>${username}</u:username>`,
      `<u:password>${password}${securityToken}</u:password>`,
      '</u:login></e:Body></e:Envelope>',
    ].join('');
    const answer = await this.call('POST', '/services/Soap/u/64.0', {
      body: envelope,
      headers: { 'content-type': 'text/xml; charset=UTF-8', soapaction: 'login' },
    });
    this.#session = /<sessionId>([^<]+)</.exec(textOf(answer))?.[1] ?? '';
  }

  /** Names of all objects. */
  async objects(apiVersion: string): Promise<readonly string[]> {
    const { sobjects } = (await this.read(`/services/data/v${apiVersion}/sobjects`)) as {
      sobjects: { name: string }[];
    };
    return sobjects.map(({ name }) => name);
  }

  async read(path: string): Promise<unknown> {
    return JSON.parse(textOf(await this.call('GET', path))) as unknown;
  }

  /** Throws for every status but 200. */
  async call(
    method: string,
    path: string,
    { body, headers = {} }: RequestOptions = {},
  ): Promise<RawAnswer> {
    const call = request({
      method,
      path,
      host: '127.0.0.1',
      port: this.#sandbox.port,
      servername: this.#host,
      agent: this.#agent,
      headers: {
        host: this.#host,
        authorization: `Bearer ${this.#session}`,
        'accept-encoding': 'gzip',
        ...headers,
      },
    });
    call.end(body);
    const [response] = (await once(call, 'response')) as [IncomingMessage];
    const isCompressed = response.headers['content-encoding'] === 'gzip';
    const answer = { body: await buffer(response), isCompressed };
    if (response.statusCode !== 200)
      throw new Error(
        `${method} ${path} responded with status ${response.statusCode}: ${textOf(answer).slice(0, 300)}`,
      );
    return answer;
  }

  close(): void {
    this.#agent.destroy();
  }
}

function textOf({ body, isCompressed }: RawAnswer): string {
  return (isCompressed ? gunzipSync(body) : body).toString();
}

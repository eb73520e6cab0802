import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import type { Sandbox } from '../demo/setup.ts';

/**
 * The peer to beat: sign in, list the objects, describe them one after the other over one
 * kept-alive connection. `sample` objects spread evenly over the org stand for all, since the whole
 * would take minutes.
 */
export class SequentialExtractor {
  readonly #sandbox: Sandbox;
  readonly #agent: Agent;
  readonly #host: string;
  #session = '';

  constructor(sandbox: Sandbox, ca: string) {
    this.#sandbox = sandbox;
    this.#host = `${sandbox.myDomain}.salesforce.com`;
    this.#agent = new Agent({ ca, keepAlive: true, maxSockets: 1 });
  }

  /**
   * Wall time for all objects, in seconds, extrapolated from the sample. `descriptions` adds the
   * two queries an object that OpenMetadata's connector makes for them.
   */
  async run(
    apiVersion: string,
    sample: number,
    descriptions = false,
  ): Promise<{ seconds: number; objects: number }> {
    const start = performance.now();
    await this.#signIn();
    const listing = JSON.parse(
      await this.#call('GET', `/services/data/v${apiVersion}/sobjects`),
    ) as { sobjects: { name: string }[] };
    const before = (performance.now() - start) / 1000;
    const names = listing.sobjects.map(({ name }) => name);
    const chosen = names.filter(
      (_, index) =>
        Math.floor((index * sample) / names.length) !==
        Math.floor(((index - 1) * sample) / names.length),
    );
    const describing = performance.now();
    for (const name of chosen) {
      JSON.parse(
        await this.#call('GET', `/services/data/v${apiVersion}/sobjects/${name}/describe`),
      );
      if (!descriptions) continue;
      await this.#query(
        apiVersion,
        `SELECT Description, QualifiedApiName FROM FieldDefinition WHERE EntityDefinition.QualifiedApiName='${name}'`,
      );
      await this.#query(
        apiVersion,
        `SELECT Description FROM EntityDefinition WHERE QualifiedApiName='${name}'`,
      );
    }
    const each = (performance.now() - describing) / 1000 / chosen.length;
    this.#agent.destroy();
    return { seconds: before + each * names.length, objects: names.length };
  }

  async #query(apiVersion: string, soql: string): Promise<void> {
    JSON.parse(
      await this.#call(
        'GET',
        `/services/data/v${apiVersion}/tooling/query/?q=${encodeURIComponent(soql)}`,
      ),
    );
  }

  async #signIn(): Promise<void> {
    const { username, password, securityToken } = this.#sandbox.credentials;
    const envelope = [
      '<?xml version="1.0" encoding="utf-8"?>',
      '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" ',
      'xmlns:u="urn:partner.soap.sforce.com"><e:Body><u:login>',
      `<u:username>${username}</u:username>`,
      `<u:password>${password}${securityToken}</u:password>`,
      '</u:login></e:Body></e:Envelope>',
    ].join('');
    const answer = await this.#call('POST', '/services/Soap/u/64.0', envelope, {
      'content-type': 'text/xml; charset=UTF-8',
      soapaction: 'login',
    });
    this.#session = /<sessionId>([^<]+)</.exec(answer)?.[1] ?? '';
  }

  async #call(
    method: string,
    path: string,
    body?: string,
    headers: Record<string, string> = {},
  ): Promise<string> {
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
    const raw = await buffer(response);
    const isCompressed = response.headers['content-encoding'] === 'gzip';
    const text = (isCompressed ? gunzipSync(raw) : raw).toString();
    if (response.statusCode !== 200)
      throw new Error(
        `${method} ${path} responded with status ${response.statusCode}: ${text.slice(0, 300)}`,
      );
    return text;
  }
}

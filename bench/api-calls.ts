import { Agent, request } from 'node:https';
import type { IncomingMessage } from 'node:http';

/**
 * One connection to the API of a control plane, for one call after the other. Unlike the client of
 * the demo it is kept for calls that change something, as that of any program that makes many:
 * otherwise the handshakes of TLS take more than the calls.
 */
export class ApiCalls {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #agent: Agent;

  constructor(url: string, token: string, ca: string) {
    this.#url = url;
    this.#headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    this.#agent = new Agent({ ca, keepAlive: true, maxSockets: 1 });
  }

  async call<T>(
    method: string,
    path: string,
    body: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<T> {
    const response = await this.#send(method, path, JSON.stringify(body), headers);
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += chunk as string;
    if (response.statusCode! >= 300)
      throw new Error(`${method} ${path} responded with status ${response.statusCode}: ${text}`);
    return JSON.parse(text) as T;
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(
    method: string,
    path: string,
    body: string,
    more: Readonly<Record<string, string>>,
  ): Promise<IncomingMessage> {
    const headers = { ...this.#headers, ...more, 'content-length': Buffer.byteLength(body) };
    const options = { method, agent: this.#agent, headers };
    return new Promise((resolve, reject) => {
      const sent = request(new URL(path, this.#url), options, resolve);
      sent.on('error', reject);
      sent.end(body);
    });
  }
}

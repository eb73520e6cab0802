import { text as readText } from 'node:stream/consumers';
import { Connections } from '../../../demo/connections.ts';
import type { Json } from './store.ts';

export interface RestAnswer {
  readonly status: number;
  readonly body: Json;
}

export interface RestCall {
  readonly method: string;
  /** Below `/api/v1`. */
  readonly path: string;
  readonly body: unknown;
  readonly status: number;
  readonly answer: unknown;
}

/** OpenMetadata's REST API as its interface uses it, with the token of a person or a bot. */
export class OpenMetadataRest {
  /** Called before each call. */
  onSend: (method: string, path: string) => void = () => undefined;
  /** Called after each call. */
  onCall: (call: RestCall) => void = () => undefined;
  readonly #base: string;
  readonly #token: () => string;
  readonly #connections: Connections;

  /** `base` ends in `/api`. */
  constructor(base: string, token: string | (() => string), caPem?: string) {
    this.#base = base;
    this.#token = typeof token === 'string' ? () => token : token;
    this.#connections = new Connections(caPem);
  }

  get(path: string): Promise<RestAnswer> {
    return this.send('GET', path);
  }

  post(path: string, body?: unknown): Promise<RestAnswer> {
    return this.send('POST', path, body);
  }

  put(path: string, body?: unknown): Promise<RestAnswer> {
    return this.send('PUT', path, body);
  }

  patch(path: string, operations: readonly unknown[]): Promise<RestAnswer> {
    return this.send('PATCH', path, operations);
  }

  delete(path: string): Promise<RestAnswer> {
    return this.send('DELETE', path);
  }

  close(): void {
    this.#connections.close();
  }

  async send(method: string, path: string, body?: unknown): Promise<RestAnswer> {
    this.onSend(method, path);
    const { status, text } = await this.#exchange(method, path, body);
    const answer = parsed(text);
    this.onCall({ method, path, body, status, answer });
    return { status, body: answer as Json };
  }

  async #exchange(
    method: string,
    path: string,
    body: unknown,
  ): Promise<{ readonly status: number; readonly text: string }> {
    const headers = {
      authorization: `Bearer ${this.#token()}`,
      'content-type': method === 'PATCH' ? 'application/json-patch+json' : 'application/json',
    };
    const incoming = await this.#connections.send({
      method,
      url: new URL(`${this.#base}/v1${path}`),
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return { status: incoming.statusCode ?? 0, text: await readText(incoming) };
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

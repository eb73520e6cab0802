import { createInterface } from 'node:readline';
import type { IncomingMessage } from 'node:http';
import { Connections } from './connections.ts';

export interface Run {
  readonly id: string;
  readonly state: string;
  readonly channel: string | null;
  readonly records: number;
  readonly entities: number;
  readonly wireBytes: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly remedy: string;
  } | null;
  readonly integrity: string | null;
  readonly testConnection: {
    readonly status: string;
    readonly steps: readonly {
      readonly name: string;
      readonly passed: boolean;
      readonly message: string;
      readonly remedy: string | null;
    }[];
  } | null;
}

export interface RunEvent {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The control plane's HTTP API: the calls that the demo needs. */
export class ControlPlaneClient {
  readonly #base: string;
  readonly #token: string;
  readonly #connections: Connections;

  constructor(base: string, token: string, ca: string) {
    this.#base = base;
    this.#token = token;
    this.#connections = new Connections(ca);
  }

  async call<T>(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<T> {
    const response = await this.#send(method, path, body, headers);
    let text = '';
    for await (const chunk of response) text += String(chunk);
    if ((response.statusCode ?? 500) >= 300)
      throw new Error(`${method} ${path} responded with status ${response.statusCode}: ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  /** The body as it comes, for large answers. */
  async download(path: string): Promise<IncomingMessage> {
    const response = await this.#send('GET', path);
    if (response.statusCode !== 200)
      throw new Error(`GET ${path} responded with status ${response.statusCode}`);
    return response;
  }

  /** Events of a run until it has ended. */
  async *events(runId: string): AsyncGenerator<RunEvent> {
    const response = await this.#send('GET', `/api/v1/runs/${runId}/events`);
    let event = 'message';
    for await (const line of createInterface({ input: response })) {
      if (line.startsWith('event:')) event = line.slice(6).trim();
      if (line.startsWith('data:'))
        yield { event, data: JSON.parse(line.slice(5)) as Record<string, unknown> };
    }
  }

  close(): void {
    this.#connections.close();
  }

  #send(
    method: string,
    path: string,
    body?: unknown,
    more: Readonly<Record<string, string>> = {},
  ): Promise<IncomingMessage> {
    const headers = {
      authorization: `Bearer ${this.#token}`,
      'content-type': 'application/json',
      ...more,
    };
    return this.#connections.send({
      method,
      url: new URL(path, this.#base),
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  }
}

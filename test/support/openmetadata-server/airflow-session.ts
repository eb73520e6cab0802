import { Buffer } from 'node:buffer';
import { Agent, request as httpsRequest } from 'node:https';
import { Problem } from './problem.ts';
import type { Json } from './store.ts';

/** `pipelineServiceClientConfiguration` of a server. */
export interface PipelineServiceSettings {
  /** `apiEndpoint`; a path in it precedes every call. */
  readonly endpoint: string;
  readonly username: string;
  readonly password: string;
  /** What pipelines are told to write to. Default: the server's own address. */
  readonly metadataApiEndpoint?: string;
  /** The truststore. */
  readonly caPem?: string;
  /** How long each base may take to answer. Default: 5 seconds. */
  readonly detectionMs?: number;
}

/** A call to the pipeline service and its answer. */
export interface PipelineServiceCall {
  readonly method: string;
  /** With the base and the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Json | undefined;
  readonly status: number;
  readonly answer: string;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly cookies: readonly string[];
}

const BASES = [
  '/pluginsv2/api/v2/openmetadata',
  '/api/v2/openmetadata',
  '/api/v1/openmetadata',
] as const;

/**
 * The server's calls to one pipeline service: which paths it has, signing in, CSRF tokens, cookies.
 */
export class AirflowSession {
  readonly calls: PipelineServiceCall[] = [];
  /** Called after each call. */
  onCall: (call: PipelineServiceCall) => void = () => undefined;
  readonly #settings: PipelineServiceSettings;
  readonly #agent: Agent;
  #base: string | undefined;
  #csrf: string | undefined;
  #cookies: readonly string[] = [];

  constructor(settings: PipelineServiceSettings) {
    this.#settings = settings;
    this.#agent = new Agent({
      keepAlive: true,
      ...(settings.caPem === undefined ? {} : { ca: settings.caPem }),
    });
  }

  /** The base that answers is kept. */
  async detected(): Promise<string> {
    if (this.#base !== undefined) return this.#base;
    for (const base of BASES) {
      const answer = await this.send(
        'GET',
        `${base}/health-auth`,
        undefined,
        this.#settings.detectionMs ?? 5_000,
      ).catch(asError);
      if (answer instanceof Error || answer.status !== 200) continue;
      if (typeof jsonOf(answer.text)['version'] !== 'string') continue;
      this.#base = base;
      return base;
    }
    throw new Problem(
      400,
      `Unable to connect to Airflow APIs at [${this.#settings.endpoint}]. None of the API versions (v3 pluginsv2, v2, v1) responded successfully. Airflow may still be starting up or the OpenMetadata plugin may not be installed. This operation will be retried on the next API call.`,
    );
  }

  /** A token that is refused is fetched again, once. */
  async post(what: string, body: Json): Promise<Answer> {
    const base = await this.detected();
    await this.fetchCsrf();
    const answer = await this.send('POST', `${base}/${what}`, body);
    if (answer.status !== 400 || !answer.text.includes('CSRF token')) return answer;
    this.#csrf = undefined;
    this.#cookies = [];
    await this.fetchCsrf();
    return await this.send('POST', `${base}/${what}`, body);
  }

  /** Asks before every POST and DELETE until an answer brings a token. */
  async fetchCsrf(): Promise<void> {
    if (this.#csrf !== undefined) return;
    const base = await this.detected();
    const answer = await this.send('GET', `${base}/csrf-token`).catch(asError);
    if (answer instanceof Error) {
      await this.send('GET', `${base}/health`).then(
        (health) => this.#keepCookies(health.cookies),
        () => undefined,
      );
      return;
    }
    this.#keepCookies(answer.cookies);
    const token = answer.status === 200 ? jsonOf(answer.text)['csrf_token'] : undefined;
    if (typeof token === 'string' && token !== '') this.#csrf = token;
  }

  #keepCookies(cookies: readonly string[]): void {
    if (cookies.length === 0) return;
    this.#cookies = cookies;
    const token = cookies.find((cookie) => /csrf/i.test(cookie))?.split('=')[1];
    if (token !== undefined) this.#csrf = token;
  }

  async send(method: string, path: string, body?: Json, timeoutMs?: number): Promise<Answer> {
    const { endpoint, username, password } = this.#settings;
    const base = new URL(endpoint);
    const headers: Record<string, string> = {
      'Content-Type': 'application/json',
      Authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
      ...(this.#csrf === undefined ? {} : { 'X-CSRFToken': this.#csrf }),
      ...(this.#cookies.length === 0 ? {} : { Cookie: this.#cookies.join('; ') }),
    };
    const full = `${base.pathname.replace(/\/$/, '')}${path}`;
    const answer = await exchange(new URL(full, base), method, headers, body, {
      agent: this.#agent,
      ...(timeoutMs === undefined ? {} : { signal: AbortSignal.timeout(timeoutMs) }),
    });
    const call = { method, path: full, headers, body, status: answer.status, answer: answer.text };
    this.calls.push(call);
    this.onCall(call);
    return answer;
  }

  close(): void {
    this.#agent.destroy();
  }
}

function exchange(
  url: URL,
  method: string,
  headers: Record<string, string>,
  body: Json | undefined,
  options: { readonly agent: Agent; readonly signal?: AbortSignal },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = httpsRequest(url, { method, headers, ...options }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () =>
        resolve({
          status: incoming.statusCode ?? 0,
          text: Buffer.concat(chunks).toString('utf8'),
          cookies: (incoming.headers['set-cookie'] ?? []).map((cookie) => cookie.split(';')[0]!),
        }),
      );
    });
    call.on('error', reject);
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

export function jsonOf(text: string): Json {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Json) : {};
  } catch {
    return {};
  }
}

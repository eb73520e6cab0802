import { Buffer } from 'node:buffer';
import { STATUS_CODES } from 'node:http';
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
const TASKS: Readonly<Record<string, string>> = {
  metadata: 'ingestion_task',
  profiler: 'profiler_task',
  autoClassification: 'auto_classification_task',
  lineage: 'lineage_task',
  dbt: 'dbt_task',
  usage: 'usage_task',
  TestSuite: 'test_suite_task',
  application: 'application_task',
};
const LINK =
  'Follow [this guide](https://docs.open-metadata.org/deployment/ingestion/openmetadata) for further details.';

/**
 * Calls a pipeline service as the AirflowRESTClient of a server does: the same paths, headers and
 * order, and the same texts for what goes wrong. Problems are what the server's own interface
 * shows.
 */
export class AirflowClient {
  readonly calls: PipelineServiceCall[] = [];
  /** Called after each call. */
  onCall: (call: PipelineServiceCall) => void = () => undefined;
  readonly #settings: PipelineServiceSettings;
  readonly #version: string;
  readonly #agent: Agent;
  #base: string | undefined;
  #csrf: string | undefined;
  #cookies: readonly string[] = [];

  constructor(settings: PipelineServiceSettings, version: string) {
    this.#settings = settings;
    this.#version = version;
    this.#agent = new Agent({
      keepAlive: true,
      ...(settings.caPem === undefined ? {} : { ca: settings.caPem }),
    });
  }

  async status(): Promise<Json> {
    const base = await this.#detected();
    const { endpoint, username } = this.#settings;
    const unhealthy = (reason: string): Json => ({ code: 500, reason, platform: 'Airflow' });
    const answer = await this.#send('GET', `${base}/health-auth`).catch(asError);
    if (answer instanceof Error)
      return unhealthy(
        `Failed to get Airflow status at [${endpoint}] due to [${answer.message}]. ${LINK}`,
      );
    if (answer.status === 200) return this.#health(String(jsonOf(answer.text)['version']));
    if (answer.status === 401 || answer.status === 403)
      return unhealthy(
        `Authentication failed for user [${username}] trying to access the Airflow APIs at [${endpoint}]`,
      );
    if (answer.status === 404)
      return unhealthy(
        `Airflow APIs not found at [${endpoint}]. Please validate if the OpenMetadata Airflow plugin is installed correctly. ${LINK}`,
      );
    return unhealthy(
      `Unexpected status response at [${endpoint}]: code [${answer.status}] - [${answer.text}]`,
    );
  }

  async deploy(pipeline: Json): Promise<Json> {
    const name = String(pipeline['name']);
    const answer = await this.#post('deploy', pipeline).catch((thrown: unknown) => {
      throw deploymentProblem(name, thrown);
    });
    if (answer.status === 200) return response(200, answer.text);
    throw new Problem(
      400,
      `${name} Failed to deploy Ingestion Pipeline due to airflow API returned ${STATUS_CODES[answer.status]} and response ${answer.text}`,
    );
  }

  /** Failures are only logged. */
  async delete(name: string): Promise<void> {
    const base = await this.#detected().catch(() => undefined);
    if (base === undefined) return;
    await this.#fetchCsrf();
    await this.#send('DELETE', `${base}/delete?dag_id=${encodeURIComponent(name)}`).catch(
      () => undefined,
    );
  }

  async trigger(name: string, override?: Json): Promise<Json> {
    const answer = await this.#post('trigger', {
      dag_id: name,
      ...(override === undefined ? {} : { conf: { appConfigOverride: override } }),
    }).catch((thrown: unknown) => {
      throw deploymentProblem(name, thrown);
    });
    if (answer.status === 200) return response(200, answer.text);
    throw new Problem(
      answer.status,
      `Failed to deploy pipeline [${name}] due to [Failed to trigger IngestionPipeline].`,
    );
  }

  /** Returns what changes in the pipeline: it is enabled or not, or no longer deployed. */
  async toggle(name: string, enabled: boolean): Promise<Json> {
    const { status } = await this.#post(enabled ? 'disable' : 'enable', { dag_id: name });
    if (status === 200) return { enabled: !enabled };
    if (status === 404) return { deployed: false };
    throw new Problem(
      status,
      `Pipeline Exception [${name}] due to [Failed to toggle ingestion pipeline state].`,
    );
  }

  async kill(name: string): Promise<Json> {
    const answer = await this.#post('kill', { dag_id: name });
    if (answer.status === 200) return response(200, answer.text);
    throw new Problem(400, `Failed to kill running workflows due to ${answer.text}`);
  }

  /** A status other than 200 means that no run is queued. */
  async queued(name: string): Promise<readonly Json[]> {
    const base = await this.#detected();
    const query = `dag_id=${encodeURIComponent(name)}&only_queued=true`;
    const { status, text } = await this.#send('GET', `${base}/status?${query}`);
    return status === 200 ? (JSON.parse(text) as Json[]) : [];
  }

  async lastLogs(name: string, pipelineType: string, after: string | null): Promise<Json> {
    const base = await this.#detected();
    const query = new URLSearchParams({
      ...(after === null ? {} : { after }),
      dag_id: name,
      task_id: TASKS[pipelineType] ?? 'null',
    });
    const { status, text } = await this.#send('GET', `${base}/last_dag_logs?${query.toString()}`);
    if (status === 200) return stringValues(jsonOf(text));
    throw new Problem(400, `Failed to get last ingestion logs due to ${text}`);
  }

  async runAutomation(workflow: Json): Promise<Json> {
    const name = String(workflow['name']);
    const answer = await this.#post('run_automation', workflow).catch((thrown: unknown) => {
      if (thrown instanceof Problem) throw thrown;
      throw deploymentProblem(
        name,
        new Error(
          'No response from the test connection. Make sure your service is reachable and accepting connections',
        ),
      );
    });
    if (answer.status === 200) return response(200, answer.text);
    throw new Problem(
      400,
      `${name} Failed to trigger workflow due to airflow API returned ${STATUS_CODES[answer.status]} and response ${answer.text}`,
    );
  }

  close(): void {
    this.#agent.destroy();
  }

  #health(version: string): Json {
    if (majorMinor(version) === majorMinor(this.#version))
      return { code: 200, version, platform: 'Airflow' };
    const reason =
      version < this.#version
        ? `Ingestion version [${version}] is older than Server Version [${this.#version}]. Please upgrade your ingestion client.`
        : `Server version [${this.#version}] is older than Ingestion Version [${version}]. Please upgrade your server or downgrade the ingestion client.`;
    return { code: 500, reason, platform: 'Airflow' };
  }

  /** The base that answers is kept. */
  async #detected(): Promise<string> {
    if (this.#base !== undefined) return this.#base;
    for (const base of BASES) {
      const answer = await this.#send(
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
  async #post(what: string, body: Json): Promise<Answer> {
    const base = await this.#detected();
    await this.#fetchCsrf();
    const answer = await this.#send('POST', `${base}/${what}`, body);
    if (answer.status !== 400 || !answer.text.includes('CSRF token')) return answer;
    this.#csrf = undefined;
    this.#cookies = [];
    await this.#fetchCsrf();
    return await this.#send('POST', `${base}/${what}`, body);
  }

  /** Asks before every POST and DELETE until an answer brings a token. */
  async #fetchCsrf(): Promise<void> {
    if (this.#csrf !== undefined) return;
    const base = await this.#detected();
    const answer = await this.#send('GET', `${base}/csrf-token`).catch(asError);
    if (answer instanceof Error) {
      await this.#send('GET', `${base}/health`).then(
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

  async #send(method: string, path: string, body?: Json, timeoutMs?: number): Promise<Answer> {
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

function response(code: number, reason: string): Json {
  return { code, reason, platform: 'Airflow' };
}

function deploymentProblem(name: string, thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  return new Problem(
    400,
    `Failed to deploy pipeline [${name}] due to [${asError(thrown).message}].`,
  );
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

function jsonOf(text: string): Json {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Json) : {};
  } catch {
    return {};
  }
}

/** The server reads the answer as a map of texts. */
function stringValues(answer: Json): Json {
  return Object.fromEntries(
    Object.entries(answer)
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([name, value]) => [name, String(value)]),
  );
}

function majorMinor(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}

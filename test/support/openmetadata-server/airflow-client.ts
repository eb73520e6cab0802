import { STATUS_CODES } from 'node:http';
import {
  AirflowSession,
  asError,
  jsonOf,
  type PipelineServiceCall,
  type PipelineServiceSettings,
} from './airflow-session.ts';
import { Problem } from './problem.ts';
import type { Json } from './store.ts';

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
  readonly #settings: PipelineServiceSettings;
  readonly #version: string;
  readonly #session: AirflowSession;

  constructor(settings: PipelineServiceSettings, version: string) {
    this.#settings = settings;
    this.#version = version;
    this.#session = new AirflowSession(settings);
  }

  get calls(): PipelineServiceCall[] {
    return this.#session.calls;
  }

  /** Called after each call. */
  set onCall(listener: (call: PipelineServiceCall) => void) {
    this.#session.onCall = listener;
  }

  async status(): Promise<Json> {
    const base = await this.#session.detected();
    const { endpoint, username } = this.#settings;
    const unhealthy = (reason: string): Json => ({ code: 500, reason, platform: 'Airflow' });
    const answer = await this.#session.send('GET', `${base}/health-auth`).catch(asError);
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
    const answer = await this.#session.post('deploy', pipeline).catch((thrown: unknown) => {
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
    const base = await this.#session.detected().catch(() => undefined);
    if (base === undefined) return;
    await this.#session.fetchCsrf();
    await this.#session
      .send('DELETE', `${base}/delete?dag_id=${encodeURIComponent(name)}`)
      .catch(() => undefined);
  }

  async trigger(name: string, override?: Json): Promise<Json> {
    const answer = await this.#session
      .post('trigger', {
        dag_id: name,
        ...(override === undefined ? {} : { conf: { appConfigOverride: override } }),
      })
      .catch((thrown: unknown) => {
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
    const { status } = await this.#session.post(enabled ? 'disable' : 'enable', { dag_id: name });
    if (status === 200) return { enabled: !enabled };
    if (status === 404) return { deployed: false };
    throw new Problem(
      status,
      `Pipeline Exception [${name}] due to [Failed to toggle ingestion pipeline state].`,
    );
  }

  async kill(name: string): Promise<Json> {
    const answer = await this.#session.post('kill', { dag_id: name });
    if (answer.status === 200) return response(200, answer.text);
    throw new Problem(400, `Failed to kill running workflows due to ${answer.text}`);
  }

  /** A status other than 200 means that no run is queued. */
  async queued(name: string): Promise<readonly Json[]> {
    const base = await this.#session.detected();
    const query = `dag_id=${encodeURIComponent(name)}&only_queued=true`;
    const { status, text } = await this.#session.send('GET', `${base}/status?${query}`);
    return status === 200 ? (JSON.parse(text) as Json[]) : [];
  }

  async lastLogs(name: string, pipelineType: string, after: string | null): Promise<Json> {
    const base = await this.#session.detected();
    const query = new URLSearchParams({
      ...(after === null ? {} : { after }),
      dag_id: name,
      task_id: TASKS[pipelineType] ?? 'null',
    });
    const { status, text } = await this.#session.send(
      'GET',
      `${base}/last_dag_logs?${query.toString()}`,
    );
    if (status === 200) return stringValues(jsonOf(text));
    throw new Problem(400, `Failed to get last ingestion logs due to ${text}`);
  }

  async runAutomation(workflow: Json): Promise<Json> {
    const name = String(workflow['name']);
    const answer = await this.#session.post('run_automation', workflow).catch((thrown: unknown) => {
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
    this.#session.close();
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

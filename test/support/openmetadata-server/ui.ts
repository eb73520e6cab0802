import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { OpenMetadataRest, RestAnswer } from './rest.ts';
import type { Json } from './store.ts';

export interface ConnectionTest {
  /** Of the workflow: Successful when the test could be carried out, whatever it found. */
  readonly status: string;
  readonly result: string;
  readonly steps: readonly {
    readonly name: string;
    readonly mandatory?: boolean;
    readonly passed: boolean;
    readonly message?: string;
    readonly errorLog?: string;
  }[];
}

export interface IngestionPipeline {
  readonly id: string;
  readonly name: string;
  readonly fqn: string;
}

export interface RunStatus {
  readonly runId: string;
  readonly pipelineState: string;
  readonly timestamp: number;
  readonly startDate?: number;
  readonly endDate?: number;
  readonly status?: readonly Json[];
  /** The settings of this run alone. */
  readonly config?: Json;
}

/** How often the interface asks for the result of a connection test, and when it gives up. */
const POLL_MS = 2_000;
const TEST_LIMIT_MS = 180_000;

/** A request that the server refused, with the words that the interface shows. */
export class Refused extends Error {
  readonly status: number;

  constructor({ status, body }: RestAnswer) {
    super((body['message'] as string | undefined) ?? JSON.stringify(body));
    this.status = status;
  }
}

/**
 * What people do in OpenMetadata's interface with a Salesforce service, by the same calls. Throws
 * Refused.
 */
export class Interface {
  readonly #rest: OpenMetadataRest;
  readonly #pollMs: number;

  constructor(rest: OpenMetadataRest, pollMs = POLL_MS) {
    this.#rest = rest;
    this.#pollMs = pollMs;
  }

  async pipelineServiceStatus(): Promise<Json> {
    return (await this.#rest.get('/services/ingestionPipelines/status')).body;
  }

  /** "Test connection" in the dialog that adds or edits a service. */
  async testConnection(config: Json, serviceName?: string): Promise<ConnectionTest> {
    const workflow = await this.#ok('POST', '/automations/workflows', {
      name: `test-connection-Salesforce-${randomUUID().slice(0, 8)}`,
      workflowType: 'TEST_CONNECTION',
      request: {
        connection: { config },
        serviceType: 'Database',
        connectionType: 'Salesforce',
        ...(serviceName === undefined ? {} : { serviceName }),
      },
    });
    const path = `/automations/workflows/${String(workflow['id'])}`;
    try {
      await this.#ok('POST', `/automations/workflows/trigger/${String(workflow['id'])}`);
      return await this.#resultOf(path);
    } finally {
      await this.#rest.delete(`${path}?hardDelete=true`);
    }
  }

  async createService(name: string, config: Json): Promise<string> {
    const service = await this.#ok('POST', '/services/databaseServices', {
      name,
      serviceType: 'Salesforce',
      connection: { config },
    });
    return String(service['id']);
  }

  async createPipeline(
    serviceId: string,
    name: string,
    more: Json = {},
    schedule: string | null = null,
  ): Promise<IngestionPipeline> {
    const pipeline = await this.#ok('POST', '/services/ingestionPipelines', {
      name,
      pipelineType: 'metadata',
      service: { id: serviceId, type: 'databaseService' },
      sourceConfig: { config: { type: 'DatabaseMetadata' } },
      airflowConfig: schedule === null ? {} : { scheduleInterval: schedule },
      loggerLevel: 'INFO',
      ...more,
    });
    return { id: String(pipeline['id']), name, fqn: String(pipeline['fullyQualifiedName']) };
  }

  deploy({ id }: IngestionPipeline): Promise<Json> {
    return this.#ok('POST', `/services/ingestionPipelines/deploy/${id}`);
  }

  async bulkDeploy(...pipelines: readonly IngestionPipeline[]): Promise<readonly Json[]> {
    const ids = pipelines.map(({ id }) => id);
    const answer = await this.#ok('POST', '/services/ingestionPipelines/bulk/deploy', ids);
    return answer as unknown as readonly Json[];
  }

  trigger({ id }: IngestionPipeline): Promise<Json> {
    return this.#ok('POST', `/services/ingestionPipelines/trigger/${id}`);
  }

  kill({ id }: IngestionPipeline): Promise<Json> {
    return this.#ok('POST', `/services/ingestionPipelines/kill/${id}`);
  }

  toggle({ id }: IngestionPipeline): Promise<Json> {
    return this.#ok('POST', `/services/ingestionPipelines/toggleIngestion/${id}`);
  }

  patch({ id }: IngestionPipeline, operations: readonly Json[]): Promise<Json> {
    return this.#ok('PATCH', `/services/ingestionPipelines/${id}`, operations);
  }

  pipeline({ id }: IngestionPipeline): Promise<Json> {
    return this.#ok('GET', `/services/ingestionPipelines/${id}`);
  }

  /** Newest first, queued ones among them. */
  async statuses({ fqn }: IngestionPipeline): Promise<readonly RunStatus[]> {
    const since = Date.now() - 86_400_000;
    const path = `/services/ingestionPipelines/${encodeURIComponent(fqn)}/pipelineStatus`;
    const answer = await this.#ok(
      'GET',
      `${path}?startTs=${since}&endTs=${Date.now() + 86_400_000}`,
    );
    return answer['data'] as readonly RunStatus[];
  }

  /** Follows the cursor to the end, as the log viewer does. */
  async log({ id }: IngestionPipeline): Promise<string> {
    let text = '';
    for (let after = ''; ;) {
      const path = `/services/ingestionPipelines/logs/${id}/last?after=${encodeURIComponent(after)}`;
      const answer = await this.#ok('GET', path);
      text += (answer['ingestion_task'] as string | undefined) ?? '';
      if (answer['after'] === undefined || answer['after'] === after) return text;
      after = answer['after'] as string;
    }
  }

  async deletePipeline({ id }: IngestionPipeline): Promise<void> {
    await this.#ok('DELETE', `/services/ingestionPipelines/${id}?hardDelete=true`);
  }

  async deleteService(id: string): Promise<void> {
    await this.#ok('DELETE', `/services/databaseServices/${id}?hardDelete=true&recursive=true`);
  }

  async #resultOf(path: string): Promise<ConnectionTest> {
    for (const end = Date.now() + TEST_LIMIT_MS; Date.now() < end; await delay(this.#pollMs)) {
      const { status, response } = (await this.#ok('GET', path)) as {
        status?: string;
        response?: { status: string; steps: ConnectionTest['steps'] };
      };
      if (status === 'Successful' || status === 'Failed')
        return { status, result: response?.status ?? 'none', steps: response?.steps ?? [] };
    }
    throw new Error('the connection test has no result after three minutes');
  }

  async #ok(method: string, path: string, body?: unknown): Promise<Json> {
    const answer = await this.#rest.send(method, path, body);
    if (answer.status >= 300) throw new Refused(answer);
    return answer.body;
  }
}

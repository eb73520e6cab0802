import { randomUUID } from 'node:crypto';
import type { AirflowClient } from './airflow-client.ts';
import { applyPatch, type Operation } from './json-patch.ts';
import { notFound, Problem } from './problem.ts';
import type { Json } from './store.ts';

/** How long edits of one person are taken together, as versions go. */
const SESSION_MS = 600_000;
const AIRFLOW_DEFAULTS: Json = {
  pausePipeline: false,
  concurrency: 1,
  pipelineTimezone: 'UTC',
  retries: 0,
  retryDelay: 300,
  pipelineCatchup: false,
  maxActiveRuns: 1,
  workflowDefaultView: 'tree',
  workflowDefaultViewOrientation: 'LR',
};
/** A change of one of these is deployed at once. */
const DEPLOYED_FIELDS: readonly ((pipeline: Json) => unknown)[] = [
  ({ airflowConfig }) => (airflowConfig as Json | undefined)?.['scheduleInterval'],
  ({ enabled }) => enabled,
  ({ sourceConfig }) => sourceConfig,
  ({ loggerLevel }) => loggerLevel,
];

interface Stored {
  current: Json;
  /** Earlier versions. */
  readonly history: Map<number, Json>;
}

export interface PipelinesDeps {
  /** The pipeline service; undefined when it is disabled. */
  readonly client: () => AirflowClient | undefined;
  /** `openMetadataServerConnection` of deployments. */
  readonly serverConnection: () => Json;
  /** The service's reference by its id. Throws Problem. */
  readonly serviceOf: (id: string) => Json;
}

/**
 * Ingestion pipelines as a server of 1.12.6 keeps them. An update compares up to four times (the
 * change; back to the previous version, when one person edits again within a session; the change
 * again; both together), and deploys a deployed pipeline each time that these versions differ. So a
 * deployment may be an old version, even the last one; its updatedAt tells.
 */
export class IngestionPipelines {
  readonly #stored = new Map<string, Stored>();
  readonly #deps: PipelinesDeps;

  constructor(deps: PipelinesDeps) {
    this.#deps = deps;
  }

  all(): readonly Json[] {
    return [...this.#stored.values()].map(({ current }) => current);
  }

  get(id: string): Json {
    return this.#get(id).current;
  }

  byName(fqn: string): Json | undefined {
    return this.all().find(({ fullyQualifiedName }) => fullyQualifiedName === fqn);
  }

  create(request: Json, user: string): Json {
    const service = this.#deps.serviceOf(String((request['service'] as Json | undefined)?.['id']));
    const fqn = `${String(service['fullyQualifiedName'])}.${String(request['name'])}`;
    if (this.byName(fqn) !== undefined) throw new Problem(409, 'Entity already exists');
    const pipeline: Json = {
      ...structuredClone(request),
      id: randomUUID(),
      fullyQualifiedName: fqn,
      service,
      airflowConfig: { ...AIRFLOW_DEFAULTS, ...(request['airflowConfig'] as Json | undefined) },
      raiseOnError: true,
      deployed: false,
      enabled: true,
      enableStreamableLogs: false,
      version: 0.1,
      updatedAt: Date.now(),
      updatedBy: user,
      deleted: false,
    };
    this.#stored.set(String(pipeline['id']), { current: pipeline, history: new Map() });
    return pipeline;
  }

  /** A deployment that fails saves nothing. */
  async patch(id: string, operations: readonly Operation[], user: string): Promise<Json> {
    const updated = applyPatch(this.get(id), operations);
    return await this.#update(id, updated, user, true);
  }

  async deploy(id: string, user: string): Promise<Json> {
    const client = this.#deps.client();
    const pipeline = this.get(id);
    if (client === undefined) return { code: 200, reason: 'Pipeline Client Disabled' };
    const answer = await client.deploy(this.#payload(pipeline));
    await this.#update(id, { ...pipeline, deployed: true }, user, false);
    return answer;
  }

  async toggle(id: string, user: string): Promise<Json> {
    const pipeline = this.get(id);
    const change = await this.#client().toggle(
      String(pipeline['name']),
      pipeline['enabled'] === true,
    );
    return await this.#update(id, { ...pipeline, ...change }, user, false);
  }

  async delete(id: string): Promise<Json> {
    const pipeline = this.get(id);
    this.#stored.delete(id);
    await this.#deps.client()?.delete(String(pipeline['name']));
    return pipeline;
  }

  async deleteOf(service: string): Promise<void> {
    for (const pipeline of this.all())
      if ((pipeline['service'] as Json)['fullyQualifiedName'] === service)
        await this.delete(String(pipeline['id']));
  }

  #client(): AirflowClient {
    const client = this.#deps.client();
    if (client === undefined) throw new Problem(400, 'Pipeline Client Disabled');
    return client;
  }

  #get(id: string): Stored {
    const stored = this.#stored.get(id);
    if (stored === undefined) throw notFound('ingestionPipeline', id);
    return stored;
  }

  async #update(id: string, change: Json, user: string, patch: boolean): Promise<Json> {
    const stored = this.#get(id);
    const original = stored.current;
    const updatedAt = Math.max(Date.now(), Number(original['updatedAt']) + 1);
    const updated: Json = { ...change, updatedAt, updatedBy: user };
    await this.#deployIfChanged(original, updated);
    const previous = patch ? previousVersion(stored, user) : undefined;
    if (previous !== undefined) {
      await this.#deployIfChanged(original, previous);
      await this.#deployIfChanged(original, updated);
    }
    const from = previous ?? original;
    await this.#deployIfChanged(from, updated);
    if (isSame(from, updated)) return original;
    stored.history.set(Number(original['version']), original);
    stored.current = {
      ...updated,
      version: Math.round((Number(from['version']) + 0.1) * 10) / 10,
      changeDescription: { previousVersion: from['version'] },
    };
    return stored.current;
  }

  async #deployIfChanged(original: Json, updated: Json): Promise<void> {
    const changed = DEPLOYED_FIELDS.some(
      (field) => JSON.stringify(field(original)) !== JSON.stringify(field(updated)),
    );
    if (changed && original['deployed'] === true)
      await this.#deps.client()?.deploy(this.#payload(updated));
  }

  #payload(pipeline: Json): Json {
    return { ...pipeline, openMetadataServerConnection: this.#deps.serverConnection() };
  }
}

/**
 * The version that an edit goes back to: the one before the last edit, if the same person made that
 * just now.
 */
function previousVersion({ current, history }: Stored, user: string): Json | undefined {
  if (Number(current['version']) <= 0.1 || current['updatedBy'] !== user) return undefined;
  if (Date.now() - Number(current['updatedAt']) > SESSION_MS) return undefined;
  const { previousVersion: version } = current['changeDescription'] as Json;
  return history.get(Number(version));
}

const BOOKKEEPING = ['version', 'changeDescription', 'updatedAt', 'updatedBy'];

function isSame(one: Json, other: Json): boolean {
  const content = (pipeline: Json): string =>
    JSON.stringify(Object.entries(pipeline).filter(([name]) => !BOOKKEEPING.includes(name)));
  return content(one) === content(other);
}

/** A pipeline as the REST API shows it. */
export function shownPipeline(pipeline: Json): Json {
  const config = pipeline['airflowConfig'] as Json;
  const times = ['startDate', 'endDate'].flatMap((name) =>
    config[name] === undefined ? [] : [[name, Date.parse(config[name] as string)] as const],
  );
  return { ...pipeline, airflowConfig: { ...config, ...Object.fromEntries(times) } };
}

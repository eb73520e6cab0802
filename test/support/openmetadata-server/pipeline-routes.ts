import { randomUUID } from 'node:crypto';
import type { AirflowClient } from './airflow-client.ts';
import type { Automations } from './automations.ts';
import type { Operation } from './json-patch.ts';
import { shownPipeline, type IngestionPipelines } from './pipelines.ts';
import { checkPipelineStatus } from './request-checks.ts';
import { notFound, Problem } from './problem.ts';
import type { Reply, Request } from './server-state.ts';
import type { Json } from './store.ts';

/** What people and the pipeline service do with ingestion pipelines and connection tests. */
export interface PipelineContext {
  readonly pipelines: IngestionPipelines;
  readonly automations: Automations;
  /** Every report of a run, in order. */
  readonly statuses: Json[];
  /** Names of pipelines that exist without having been created here. */
  readonly knownPipelines: Set<string>;
  /** Reports by pipeline and run. */
  readonly runs: Map<string, Map<string, Json>>;
  readonly client: () => AirflowClient | undefined;
}

export interface Caller {
  readonly name: string;
  readonly bot: boolean;
}

const DISABLED: Reply = {
  status: 200,
  body: { code: 200, reason: 'Pipeline Client Disabled' },
};
const RECENT_RUNS = 5;
const DEFINITION_ID = randomUUID();

/** undefined: the request is about something else. Throws Problem. */
export async function routePipelines(
  request: Request,
  context: PipelineContext,
  caller: Caller,
): Promise<Reply | undefined> {
  const [first, second, ...rest] = request.parts;
  if (first === 'automations' && second === 'workflows')
    return await automation(request, rest, context, caller);
  if (first !== 'services') return undefined;
  if (second === 'testConnectionDefinitions') return testConnectionDefinition(rest[1] ?? '');
  if (second !== 'ingestionPipelines') return undefined;
  return (
    (await command(request, rest, context, caller)) ??
    (await entity(request, rest, context, caller))
  );
}

async function automation(
  { method, body }: Request,
  [id, triggered]: readonly string[],
  { automations }: PipelineContext,
  { bot }: Caller,
): Promise<Reply> {
  if (method === 'POST' && id === 'trigger')
    return { status: 200, body: await automations.trigger(triggered ?? '') };
  if (method === 'POST') {
    const workflow = automations.create(body as Json);
    return { status: 201, body: automations.shown(String(workflow['id']), bot) };
  }
  if (id === undefined) throw new Problem(405, 'HTTP 405 Method Not Allowed');
  if (method === 'GET') return { status: 200, body: automations.shown(id, bot) };
  if (method === 'PATCH')
    return { status: 200, body: automations.patch(id, body as readonly Operation[], bot) };
  if (method === 'DELETE') return { status: 200, body: automations.delete(id) };
  throw new Problem(405, 'HTTP 405 Method Not Allowed');
}

function testConnectionDefinition(name: string): Reply {
  const [type] = name.split('.');
  if (name !== 'Salesforce.testConnectionDefinition')
    throw notFound('testConnectionDefinition', name);
  const step = {
    name: 'CheckAccess',
    description:
      'Validate that we can properly reach the database and authenticate with the given credentials.',
    // cspell:disable-next-line -- as the server spells it
    errorMessage: 'Failed to connect to salseforce, please validate the credentials',
    mandatory: true,
    shortCircuit: true,
  };
  return {
    status: 200,
    body: { id: DEFINITION_ID, name: type, fullyQualifiedName: name, steps: [step], version: 0.1 },
  };
}

/** Calls that reach the pipeline service. */
async function command(
  { method, body, query }: Request,
  [verb = '', id = '']: readonly string[],
  { pipelines, client }: PipelineContext,
  { name }: Caller,
): Promise<Reply | undefined> {
  const airflow = client();
  if (method === 'GET' && verb === 'status')
    return airflow === undefined ? DISABLED : { status: 200, body: await airflow.status() };
  if (method === 'GET' && verb === 'ip') return { status: 204 };
  if (method === 'GET' && verb === 'logs')
    return await lastLogs(pipelines.get(id), query.get('after'), airflow);
  if (method !== 'POST') return undefined;
  if (verb === 'deploy') return { status: 200, body: await pipelines.deploy(id, name) };
  if (verb === 'bulk') return await bulkDeploy(body as string[], pipelines, name);
  if (verb === 'toggleIngestion')
    return { status: 200, body: shownPipeline(await pipelines.toggle(id, name)) };
  // Only log storage in S3 takes logs.
  if (verb === 'logs') throw new Problem(500, 'Failed to append logs');
  if (verb !== 'trigger' && verb !== 'kill') return undefined;
  const pipeline = String(pipelines.get(id)['name']);
  if (airflow === undefined) return DISABLED;
  return { status: 200, body: await airflow[verb](pipeline) };
}

async function lastLogs(
  pipeline: Json,
  after: string | null,
  airflow: AirflowClient | undefined,
): Promise<Reply> {
  if (airflow === undefined) return DISABLED;
  const [name, type] = [String(pipeline['name']), String(pipeline['pipelineType'])];
  return { status: 200, body: await airflow.lastLogs(name, type, after) };
}

/** One that fails does not keep the others. */
async function bulkDeploy(
  ids: readonly string[],
  pipelines: IngestionPipelines,
  user: string,
): Promise<Reply> {
  const answers: Json[] = [];
  for (const id of ids)
    answers.push(
      await pipelines.deploy(id, user).catch((thrown: unknown) => ({
        code: 500,
        reason: `Error deploying [${id}] due to [${thrown instanceof Error ? thrown.message : String(thrown)}]`,
        platform: 'Airflow',
      })),
    );
  return { status: 200, body: answers };
}

async function entity(
  { method, body, query }: Request,
  [id, below, run]: readonly string[],
  context: PipelineContext,
  { name }: Caller,
): Promise<Reply> {
  const { pipelines } = context;
  if (id === undefined && method === 'POST')
    return { status: 201, body: shownPipeline(pipelines.create(body as Json, name)) };
  if (id === undefined) return list(query, context);
  if (below === 'pipelineStatus')
    return method === 'PUT'
      ? putStatus(id, body as Json, context)
      : await statuses(id, run, query, context);
  if (id === 'name') {
    const pipeline = pipelines.byName(below ?? '');
    if (pipeline === undefined) throw notFound('ingestionPipeline', below ?? '');
    return { status: 200, body: shownPipeline(pipeline) };
  }
  if (method === 'PATCH') {
    const changed = await pipelines.patch(id, body as readonly Operation[], name);
    return { status: 200, body: shownPipeline(changed) };
  }
  if (method === 'DELETE') return { status: 200, body: shownPipeline(await pipelines.delete(id)) };
  return { status: 200, body: shownPipeline(pipelines.get(id)) };
}

function list(query: URLSearchParams, { pipelines, runs }: PipelineContext): Reply {
  const service = query.get('service');
  const withStatus = query.get('fields')?.includes('pipelineStatuses') === true;
  const data = pipelines
    .all()
    .filter(
      (pipeline) =>
        service === null || (pipeline['service'] as Json)['fullyQualifiedName'] === service,
    )
    .map((pipeline) => {
      const latest = [...(runs.get(String(pipeline['fullyQualifiedName']))?.values() ?? [])].at(-1);
      const shown = shownPipeline(pipeline);
      return withStatus && latest !== undefined ? { ...shown, pipelineStatuses: latest } : shown;
    });
  return { status: 200, body: { data, paging: { total: data.length } } };
}

/** Reports of one run replace each other. */
function putStatus(fqn: string, body: Json, context: PipelineContext): Reply {
  const { pipelines, knownPipelines, runs, statuses: reports } = context;
  const pipeline = pipelines.byName(fqn);
  if (pipeline === undefined && !knownPipelines.has(fqn)) throw notFound('ingestionPipeline', fqn);
  checkPipelineStatus(body);
  reports.push(body);
  const ofPipeline = runs.get(fqn) ?? new Map<string, Json>();
  runs.set(fqn, ofPipeline.set(String(body['runId']), body));
  return {
    status: 201,
    body: {
      id: randomUUID(),
      eventType: 'entityUpdated',
      entityType: 'ingestionPipeline',
      entityFullyQualifiedName: fqn,
      timestamp: Date.now(),
    },
  };
}

/** Runs that the pipeline service says are queued come with those that were reported. */
async function statuses(
  fqn: string,
  run: string | undefined,
  query: URLSearchParams,
  { pipelines, runs, client }: PipelineContext,
): Promise<Reply> {
  const pipeline = pipelines.byName(fqn);
  if (pipeline === undefined) throw notFound('ingestionPipeline', fqn);
  const reported = runs.get(fqn) ?? new Map<string, Json>();
  if (run !== undefined) {
    const status = reported.get(run);
    return status === undefined ? { status: 204 } : { status: 200, body: status };
  }
  const [from, until] = ['startTs', 'endTs'].map((name) => query.get(name));
  const limit = query.get('limit') ?? (from === null && until === null ? RECENT_RUNS : Infinity);
  const queued = (await client()?.queued(String(pipeline['name']))) ?? [];
  const all = [...queued, ...reported.values()]
    .sort((one, other) => Number(other['timestamp']) - Number(one['timestamp']))
    .slice(0, Number(limit));
  return { status: 200, body: { data: all, paging: { total: all.length } } };
}

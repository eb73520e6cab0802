/** What each call of the plugin's API does. A call for a pipeline of another kind goes upstream. */
import { ControlPlaneError } from '../../runtime/errors.ts';
import { PROGRAM } from '../../runtime/program.ts';
import type { StoredEndpoint } from '../../store/openmetadata.ts';
import { json, type Answer } from './answers.ts';
import type { CallsDeps, Handler } from './handler.ts';
import { pipelineCalls } from './pipeline-calls.ts';
import { automationOf, jsonOf, type AirflowCall } from './requests.ts';
import { hasUpstream, type Upstream } from './upstream.ts';
import { OUR_SERVICE } from '../../definitions/service-types.ts';

const STILL_UPSTREAM =
  'the upstream Airflow has a pipeline of this name, too: pause or delete it there, or both run';

/** The calls by method and name. */
export function airflowCalls(deps: CallsDeps): ReadonlyMap<string, Handler> {
  return new Map<string, Handler>([
    ...healthCalls(deps),
    ...pipelineCalls(deps),
    ['POST deploy', deploy(deps)],
    ['POST run_automation', runAutomation(deps)],
  ]);
}

function healthCalls({ versions, upstream }: CallsDeps): [string, Handler][] {
  return [
    [
      'GET health-auth',
      async ({ caller }) =>
        json({ status: 'healthy', version: await versions.of(caller.endpoint) }),
    ],
    // The token is the upstream Airflow's: the calls here need none.
    [
      'GET csrf-token',
      async ({ call, caller: { endpoint } }) =>
        hasUpstream(endpoint)
          ? upstream.pass(endpoint, call).catch(() => json({ csrf_token: null }))
          : json({ csrf_token: null }),
    ],
    [
      'GET ip',
      async ({ call, caller: { endpoint } }) =>
        hasUpstream(endpoint) ? upstream.pass(endpoint, call) : json({ ip: 'of the runner' }),
    ],
  ];
}

function deploy({ pipelines, upstream }: CallsDeps): Handler {
  return async ({ call, caller, signal }) => {
    const result = await pipelines.deploy(caller, jsonOf(call), signal);
    if (result.kind === 'foreign')
      return elsewhere(upstream, caller.endpoint, call, result.message);
    const twice = result.isNew && (await hasDag(upstream, caller.endpoint, result.dagId));
    return json({ message: twice ? `${result.message}; ${STILL_UPSTREAM}` : result.message });
  };
}

/** Whether the upstream Airflow has a pipeline of this name, and would keep running it. */
async function hasDag(
  upstream: Upstream,
  endpoint: StoredEndpoint,
  dagId: string,
): Promise<boolean> {
  if (!hasUpstream(endpoint)) return false;
  const search = `?dag_id=${encodeURIComponent(dagId)}&only_queued=true`;
  const call = { method: 'GET', name: 'status', pool: null, search, headers: {} };
  const answer = await upstream
    .pass(endpoint, { ...call, body: Buffer.alloc(0) })
    .catch(() => null);
  return answer?.status === 200;
}

function runAutomation({ pipelines, upstream }: CallsDeps): Handler {
  return async ({ call, caller }) => {
    const workflow = automationOf(call);
    const { workflowType, request } = workflow;
    if (workflowType !== 'TEST_CONNECTION' || request?.connectionType !== OUR_SERVICE)
      return elsewhere(
        upstream,
        caller.endpoint,
        call,
        `${wordsFor(workflowType)} of ${request?.connectionType ?? 'other services'} do not run on runners`,
      );
    await pipelines.testConnection(caller, workflow);
    return json({ message: 'The connection test has been triggered.' });
  };
}

function wordsFor(workflowType: string | null | undefined): string {
  if (workflowType === 'TEST_CONNECTION') return 'connection tests';
  return `automations ${workflowType ?? 'of no type'}`;
}

/** Passes a call upstream. Throws INPUT_INVALID with `message` without an upstream. */
export async function elsewhere(
  upstream: Upstream,
  endpoint: StoredEndpoint,
  call: AirflowCall,
  message: string,
): Promise<Answer> {
  if (hasUpstream(endpoint)) return upstream.pass(endpoint, call);
  throw new ControlPlaneError('INPUT_INVALID', message, {
    remedy: `If an Airflow is to run it, name it: ${PROGRAM} openmetadata change --name ${endpoint.name} --upstream-airflow …`,
  });
}

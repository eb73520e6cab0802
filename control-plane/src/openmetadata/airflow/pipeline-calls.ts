/** The calls about one deployed pipeline, which they name by its dag_id. */
import type { Caller, DeployedPipelines } from '../deployed-pipelines.ts';
import { json } from './answers.ts';
import type { CallsDeps, Handler } from './handler.ts';
import { logChunk } from './log-chunk.ts';
import { dagIdOf, logRequestOf, queryDagIdOf, triggerOf, type AirflowCall } from './requests.ts';
import { hasUpstream } from './upstream.ts';

/** Returns the body of the answer. */
type PipelineCall = (
  pipelines: DeployedPipelines,
  caller: Caller,
  dagId: string,
  call: AirflowCall,
) => Promise<object>;

const trigger: PipelineCall = async (pipelines, caller, dagId, call) => {
  const { id } = await pipelines.trigger(caller, dagId, triggerOf(call).conf ?? undefined);
  return { message: `Workflow [${dagId}] has been triggered: ${id}` };
};

const enable: PipelineCall = async (pipelines, caller, dagId) => {
  await pipelines.setEnabled(caller, dagId, true);
  return { message: `DAG ${dagId} has been enabled` };
};

const disable: PipelineCall = async (pipelines, caller, dagId) => {
  await pipelines.setEnabled(caller, dagId, false);
  return { message: `DAG ${dagId} has been disabled` };
};

const kill: PipelineCall = async (pipelines, caller, dagId) => {
  await pipelines.kill(caller, dagId);
  return { message: `Workflow [${dagId}] has been killed` };
};

const drop: PipelineCall = async (pipelines, caller, dagId) => {
  await pipelines.delete(caller, dagId);
  return { message: `DAG [${dagId}] has been deleted` };
};

const status: PipelineCall = (pipelines, caller, dagId) => pipelines.queued(caller, dagId);

const log: PipelineCall = async (pipelines, caller, dagId, call) => {
  const { taskId, after } = logRequestOf(call);
  return logChunk(await pipelines.log(caller, dagId), taskId, after);
};

export function pipelineCalls(deps: CallsDeps): [string, Handler][] {
  return [
    ['POST trigger', named(deps, dagIdOf, trigger)],
    ['POST enable', named(deps, dagIdOf, enable)],
    ['POST disable', named(deps, dagIdOf, disable)],
    ['POST kill', named(deps, dagIdOf, kill)],
    ['DELETE delete', named(deps, queryDagIdOf, drop)],
    ['GET status', named(deps, queryDagIdOf, status)],
    ['GET last_dag_logs', named(deps, queryDagIdOf, log)],
  ];
}

/** A pipeline that was not deployed to runners is the upstream Airflow's, if there is one. */
function named(
  { pipelines, upstream }: CallsDeps,
  dagIdIn: (call: AirflowCall) => string,
  work: PipelineCall,
): Handler {
  return async ({ caller, call }) => {
    const dagId = dagIdIn(call);
    if (hasUpstream(caller.endpoint) && !(await pipelines.has(caller, dagId)))
      return upstream.pass(caller.endpoint, call);
    return json(await work(pipelines, caller, dagId, call));
  };
}

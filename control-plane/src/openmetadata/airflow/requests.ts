import { z } from 'zod';
import { tryParseJson } from '../../../../foundation/src/domain/json.ts';
import { ControlPlaneError } from '../../runtime/errors.ts';
import { problemsOf } from '../../runtime/problems.ts';

/** A call to the plugin's API, as it arrived. */
export interface AirflowCall {
  readonly method: string;
  /** The last part of the path: `deploy`. */
  readonly name: string;
  /** From the path; null without one. */
  readonly pool: string | null;
  /** With the question mark; empty without one. */
  readonly search: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const PATH =
  /^(?:\/pools\/(?<pool>[^/]{1,192}))?(?:\/pluginsv2\/api\/v2|\/api\/v2|\/api\/v1)\/openmetadata\/(?<name>[a-z_-]{1,64})$/;
const POOL = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** The parts of a path; undefined for another path. Throws INPUT_INVALID for an invalid pool. */
export function parsePath(
  path: string,
): { readonly name: string; readonly pool: string | null } | undefined {
  const groups = PATH.exec(path)?.groups;
  if (groups === undefined) return undefined;
  const { name = '', pool } = groups;
  if (pool !== undefined && !POOL.test(pool))
    throw new ControlPlaneError('INPUT_INVALID', 'the path does not name a valid pool', {
      remedy: 'Correct the pipeline service endpoint in the server’s settings.',
    });
  return { name, pool: pool ?? null };
}

const dagId = z.string().min(1).max(1024);
const DagRequest = z.looseObject({ dag_id: dagId });
const TriggerRequest = z.looseObject({
  dag_id: dagId,
  conf: z.record(z.string(), z.unknown()).nullish(),
});
const Automation = z.looseObject({
  id: z.string().min(1),
  workflowType: z.string().nullish(),
  request: z.looseObject({ connectionType: z.string().nullish() }).nullish(),
});

/** Throws INPUT_INVALID for a body that is not JSON. */
export function jsonOf({ body }: AirflowCall): unknown {
  const parsed = tryParseJson(body.toString());
  if (parsed !== undefined) return parsed.value;
  throw new ControlPlaneError('INPUT_INVALID', 'the request body is not JSON', { remedy: REPORT });
}

const REPORT = 'Check that the server is an OpenMetadata of 1.8 to 2.0.';

/** `dag_id` of a body. Throws INPUT_INVALID. */
export function dagIdOf(call: AirflowCall): string {
  return parsed(DagRequest, jsonOf(call)).dag_id;
}

export function triggerOf(call: AirflowCall): z.infer<typeof TriggerRequest> {
  return parsed(TriggerRequest, jsonOf(call));
}

export function automationOf(call: AirflowCall): z.infer<typeof Automation> {
  return parsed(Automation, jsonOf(call));
}

/** `dag_id` of a query. Throws INPUT_INVALID. */
export function queryDagIdOf({ search }: AirflowCall): string {
  return parsed(DagRequest, { dag_id: new URLSearchParams(search).get('dag_id') ?? '' }).dag_id;
}

/** The cursor of a log: empty and absent are the start. Throws INPUT_INVALID. */
export function logRequestOf({ search }: AirflowCall): {
  readonly taskId: string;
  readonly after: number;
} {
  const query = new URLSearchParams(search);
  const taskId = query.get('task_id') ?? '';
  const after = query.get('after') ?? '';
  if (!/^[A-Za-z_]{1,64}$/.test(taskId))
    throw new ControlPlaneError('INPUT_INVALID', 'task_id is missing or invalid', {
      remedy: REPORT,
    });
  if (!/^\d{0,9}$/.test(after))
    throw new ControlPlaneError('INPUT_INVALID', 'after is not a whole number', { remedy: REPORT });
  return { taskId, after: Number(after) };
}

function parsed<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new ControlPlaneError(
    'INPUT_INVALID',
    `the request is not valid: ${problemsOf(result.error)}`,
    { remedy: REPORT },
  );
}

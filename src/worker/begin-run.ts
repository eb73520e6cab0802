import type { ConnectorLimits } from '../connectors/connector.ts';
import { yieldsEntities } from '../../foundation/src/domain/job.ts';
import type { AuditTrail } from '../../foundation/src/logging/audit-trail.ts';
import type { Logger } from '../../foundation/src/logging/logger.ts';
import type { Endpoint } from '../../foundation/src/network/endpoint.ts';
import type { Clock } from '../../foundation/src/runtime/clock.ts';
import type { CatalogServer } from '../../openmetadata/src/catalog-server.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import type { RunLimit } from '../policy/decision.ts';
import type { Policy, SecretUse } from '../policy/policy.ts';
import type { RunQuota } from '../policy/run-quota.ts';
import { OPENMETADATA } from '../policy/schema.ts';
import type { Access, AccessRequest } from './access.ts';

/** More than any connection test makes. */
const CALLS_OF_STEPS = 25;

export interface RunToBegin {
  readonly request: Pick<AccessRequest, 'kind' | 'connector' | 'workflow'>;
  readonly endpoints: readonly Endpoint[];
  readonly uses: readonly SecretUse[];
  /** The run's sink; undefined if it has none. */
  readonly sink?:
    | { readonly server: Pick<CatalogServer, 'endpoint'>; readonly uses: readonly SecretUse[] }
    | undefined;
  readonly limits: ConnectorLimits;
  readonly quota: RunQuota;
}

export interface BeginRunDeps {
  readonly policy: Pick<Policy, 'runLimits'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly trail: AuditTrail;
  /** The local log. Its lines are not for the control plane. */
  readonly audit: Logger;
}

/** Counts the run under the limits of its rules. Throws POLICY_LIMIT_REACHED. */
export async function beginRun(
  run: RunToBegin,
  { policy, clock, trail, audit }: BeginRunDeps,
): Promise<Pick<Access, 'limits' | 'reportCalls'>> {
  const { request, limits, quota } = run;
  const { kind, connector } = request;
  const facts = { connector: connector.type, kind };
  const ofRules = limitsOfRules(run, policy, clock.now());
  const own = limits.maxApiCallsPerRun ?? Number.MAX_SAFE_INTEGER;
  const wanted = yieldsEntities(kind) ? own : Math.min(own, CALLS_OF_STEPS);
  const begun = await quota.begin(ofRules, wanted);
  if ('reached' in begun) {
    const { reached: rule } = begun;
    const denial = { decision: 'deny', ...facts, rule };
    await trail.record({ event: 'run', ...denial });
    const alarm = { event: 'audit', alarm: 'runLimit', ...denial };
    audit.log('error', 'alarm: more runs or calls than a rule permits', alarm);
    throw new RunnerError(
      'POLICY_LIMIT_REACHED',
      'a limit of the local policy for runs or calls is reached',
    );
  }
  if (begun.calls === undefined) return { limits };
  return {
    limits: { ...limits, maxApiCallsPerRun: begun.calls },
    reportCalls: (made, isOver) => begun.report(made, isOver),
  };
}

/** Those of the source's secrets, and of the sink's token. */
function limitsOfRules(
  { request: { kind, connector, workflow }, endpoints, uses, sink }: RunToBegin,
  policy: BeginRunDeps['policy'],
  now: number,
): readonly RunLimit[] {
  const account = connector.account?.(workflow.source.serviceConnection.config);
  const source = { connector: connector.type, kind, account, uses, now };
  const ofSource = policy.runLimits(endpoints, source);
  if (sink === undefined) return ofSource;
  const ofSink = { connector: OPENMETADATA, kind, uses: sink.uses, now };
  return [...ofSource, ...policy.runLimits([sink.server.endpoint], ofSink)];
}

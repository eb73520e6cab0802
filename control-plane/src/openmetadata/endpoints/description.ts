import { X509Certificate } from 'node:crypto';
import type { StoredEndpoint } from '../../store/openmetadata.ts';
import type { Deployment } from '../deployed-pipelines.ts';
import { scheduleOf } from '../deployments/definitions.ts';
import { DEFAULT_POOL } from '../../runners/pools.ts';

export type EndpointView = object & Pick<StoredEndpoint, 'name' | 'server'>;

/** Without hashes and sealed values. */
export function viewOf({
  passwordHash: _hash,
  upstreamPassword: _sealed,
  ...view
}: StoredEndpoint): EndpointView {
  return view;
}

export interface PipelineView {
  readonly name: string;
  readonly pool: string;
  /** Null without a schedule. */
  readonly schedule: string | null;
  readonly timezone: string;
  readonly paused: boolean;
}

export function pipelineViewOf(deployment: Deployment): PipelineView {
  const { expression, timezone, paused } = scheduleOf(deployment);
  return { name: deployment.fqn, pool: deployment.pool, schedule: expression, timezone, paused };
}

/** An endpoint and its pipelines, human-readable. */
export function descriptionOf(
  endpoint: StoredEndpoint,
  pipelines: readonly PipelineView[],
): string {
  const rules = endpoint.poolRules.map(({ service, pool }) => `${service}=${pool}`);
  const { upstream } = endpoint;
  const rows: readonly [string, string][] = [
    ['server', endpoint.server],
    ['CA of the server', endpoint.ca === null ? 'public ones' : subjectOf(endpoint.ca)],
    ['user', endpoint.user],
    ['pool', endpoint.pool ?? DEFAULT_POOL],
    ['pool rules', rules.join(', ') || 'none'],
    ['plain secrets', endpoint.allowPlainSecrets ? 'accepted' : 'rejected'],
    ['profiles', endpoint.profile === true ? 'requested' : 'not requested'],
    ['sample rows', endpoint.sampleRows === true ? 'requested' : 'not requested'],
    ['upstream Airflow', upstream === null ? 'none' : `${upstream.url}, user ${upstream.user}`],
  ];
  return [
    `Endpoint ${endpoint.name}`,
    ...rows.map(([name, value]) => `  ${`${name}:`.padEnd(18)} ${value}`),
    pipelines.length === 0 ? 'Deployed pipelines: none' : 'Deployed pipelines:',
    ...pipelines.map(lineOf),
    '',
  ].join('\n');
}

function lineOf({ name, pool, schedule, timezone, paused }: PipelineView): string {
  const when = schedule === null ? 'not scheduled' : `${schedule} ${timezone}`;
  return `  ${name}  pool ${pool}  ${when}${paused ? '  paused' : ''}`;
}

function subjectOf(pem: string): string {
  const { subject, validTo } = new X509Certificate(pem);
  return `${subject.replaceAll('\n', ', ')} (until ${validTo})`;
}

import { join } from 'node:path';
import { openAuditTrail } from '../audit/open.ts';
import { sourceNetwork } from '../config/network-settings.ts';
import type { Connector } from '../connectors/connector.ts';
import { attemptKey } from '../../foundation/src/domain/ids.ts';
import { yieldsEntities } from '../../foundation/src/domain/job.ts';
import { createConnect, systemResolve } from '../../foundation/src/network/open.ts';
import type { TrustStore } from '../../foundation/src/network/trust.ts';
import { type AuditTrail, noAuditTrail } from '../../foundation/src/logging/audit-trail.ts';
import type { Logger } from '../../foundation/src/logging/logger.ts';
import { noMetrics, type Metrics } from '../../foundation/src/logging/metrics.ts';
import { openPolicyForJob } from '../policy/open-policy.ts';
import { denial, deny } from '../policy/decision.ts';
import type { Policy } from '../policy/policy.ts';
import { createRunQuota, noRunQuota, type RunQuota } from '../policy/run-quota.ts';
import { policyKey } from '../policy/schema.ts';
import type { Redactor } from '../redaction/redactor.ts';
import { systemClock } from '../../foundation/src/runtime/clock.ts';
import { nodeDisk } from '../../foundation/src/runtime/node-disk.ts';
import { systemProcesses } from '../../foundation/src/runtime/processes.ts';
import { systemRandom } from '../../foundation/src/runtime/random.ts';
import { openSealing } from '../sealing/open-sealing.ts';
import type { Sealing } from '../sealing/seal.ts';
import { openProviders } from '../secrets/open-providers.ts';
import type { ProviderDeps } from '../secrets/providers/provider-kind.ts';
import { createReadLimits, processReadLimits, type ReadLimits } from '../secrets/read-limits.ts';
import { recordedConnect } from '../secrets/recorded-connect.ts';
import { scanForSecrets } from '../secrets/scan.ts';
import { keptVersions, processVersions, type ValueVersions } from '../secrets/value-versions.ts';
import type { AccessRequest, OpenAccess } from './access.ts';
import type { WorkerSettings } from './settings.ts';
import { sinkAccess, sinkPlace, sinkServerFor, type SinkUse } from './sink-access.ts';
import { beginRun } from './begin-run.ts';
import { checkSignature } from './check-signature.ts';
import { recordingDenial } from './record-denial.ts';
import { limitsFor, permits, sourceAccess, sourcePlace } from './source-access.ts';
import { stateAccess } from './state-access.ts';

const clock = systemClock;
const SYSTEM = { clock, random: systemRandom };

export interface AccessOptions {
  readonly settings: WorkerSettings;
  /** Those of the attempt: their types are keys of the policy. */
  readonly connectors: readonly Pick<Connector, 'type'>[];
  /** Receives every secret that is read; the attempt must redact with it. */
  readonly redactor: Redactor;
  /** The local log. Its lines are not for the control plane. */
  readonly audit: Logger;
  readonly metrics?: Metrics;
  /** For providers of secrets. */
  readonly env: Readonly<NodeJS.ProcessEnv>;
  /** What seals the key of the vault, if it is open already. */
  readonly sealing?: Sealing | undefined;
  readonly sink: SinkUse;
  /** Shared by attempts of one process, parsed certificates need no parsing again. */
  readonly trust?: TrustStore;
}

/**
 * Everything between a job and the customer's network, in this order: the policy, as the file is
 * now; the whole document, scanned for references in the wrong places; then secrets and
 * connections, which check the policy at each use.
 */
export function composeAccess({
  settings,
  connectors,
  redactor,
  audit,
  metrics = noMetrics,
  env,
  sealing: opened,
  sink: sinkUse,
  trust,
}: AccessOptions): OpenAccess {
  return async (request) => {
    const trail = trailOf(settings, request, audit);
    const policy = await recordingDenial(request, trail, () =>
      policyFor(request, { settings, connectors, audit, sink: sinkUse }),
    );
    await trail.record({ event: 'policy', ...nameOf(policy) });
    const check = { rules: policy.signing, fingerprint: settings.fingerprint, trail, audit };
    if (sinkUse === 'unused') await checkSignature(request, { ...check, now: clock.now() });
    const { uses, sink } = await recordingDenial(request, trail, async () =>
      usedBy(request, policy, sinkUse),
    );
    const endpoints = endpointsOf(request);
    const connect = createConnect(await sourceNetwork(settings), systemResolve, trust);
    const kept = keptIn(settings);
    const sealing = opened ?? (await openSealing(settings.sealing, { env }));
    const watched = { ...protecting(redactor), connect: recordedConnect(connect, trail) };
    const providerDeps = { ...SYSTEM, env, sealing, ...watched, ...kept };
    const provider = await openProviders(settings.secrets, providerDeps, metrics);
    const deps = { policy, provider, connect, redactor, ...kept, trail, audit, metrics, clock };
    const limits = limitsFor(policy.limitsFor(request.connector.type), sinkUse);
    const run = { request, endpoints, uses, sink, limits, quota: quotaOf(settings) };
    return {
      ...sourceAccess({ request, endpoints, uses, settings }, deps),
      ...(await beginRun(run, deps)),
      ...stateAccess(request, settings, sinkUse),
      ...(sink === undefined ? {} : sinkAccess({ ...sink, request, redactor }, deps)),
    };
  };
}

/** The references in the whole document, and the sink with its own. Throws the errors of a scan. */
function usedBy(request: AccessRequest, policy: Policy, sinkUse: SinkUse) {
  const server = sinkServerFor(request, sinkUse, policy);
  const [uses = [], tokenUses = []] = scanForSecrets(request.document, {
    policy,
    places: [sourcePlace(request.connector), sinkPlace(server)],
  });
  return { uses, sink: server && { server, uses: tokenUses } };
}

/** The trail names the policy of each job, so that its decisions can be understood. */
function nameOf({ fingerprint, signing }: Policy) {
  return { sha256: fingerprint, signatures: signing.mode };
}

function endpointsOf({ workflow, connector }: AccessRequest): ReturnType<Connector['endpoints']> {
  return connector.endpoints(workflow.source.serviceConnection.config);
}

function protecting(redactor: Redactor): Pick<ProviderDeps, 'protect'> {
  return { protect: redactor.add.bind(redactor) };
}

/** Throws POLICY_DENIED if it does not permit this kind of job. */
async function policyFor(
  request: AccessRequest,
  {
    settings,
    connectors,
    audit,
    sink,
  }: Pick<AccessOptions, 'settings' | 'connectors' | 'audit' | 'sink'>,
): Promise<Policy> {
  const types = connectors.map(({ type }) => type);
  const source = { file: settings.policyFile, connectors: types };
  const policy = await openPolicyForJob(source, audit, { clock, signal: request.signal });
  assertPermitted(request, policy, sink);
  return policy;
}

function assertPermitted({ kind, connector }: AccessRequest, policy: Policy, sink: SinkUse): void {
  const decision = policy.checkJob({ kind });
  if (!decision.allowed)
    throw denial('POLICY_DENIED', `jobs of kind ${kind} are not permitted`, decision);
  const { metadata } = policy.limitsFor(connector.type);
  if (!yieldsEntities(kind) || permits(metadata, sink)) return;
  const rule = `${policyKey(connector.type)}.metadata`;
  throw denial('POLICY_DENIED', 'metadata may not leave', deny(rule, `${rule} is ${metadata}`));
}

/** Events of the job, with its attempt. */
function trailOf(
  { stateDir }: WorkerSettings,
  { ref }: Pick<AccessRequest, 'ref'>,
  logger: Logger,
): AuditTrail {
  if (stateDir === undefined) return noAuditTrail;
  const trail = openAuditTrail(stateDir, logger);
  const attempt = ref === undefined ? undefined : attemptKey(ref);
  return { record: (event, signal) => trail.record({ attempt, ...event }, signal) };
}

/** What the state directory has about secrets. */
function keptIn({ stateDir }: WorkerSettings): {
  readonly readLimits: ReadLimits;
  readonly versions: ValueVersions;
} {
  if (stateDir === undefined)
    return { readLimits: processReadLimits(clock), versions: processVersions(systemRandom) };
  const directory = policyDirectory(stateDir);
  return {
    readLimits: createReadLimits({ directory, disk: nodeDisk, clock }),
    versions: keptVersions(stateDir, systemRandom),
  };
}

function quotaOf({ stateDir }: WorkerSettings): RunQuota {
  if (stateDir === undefined) return noRunQuota;
  const directory = policyDirectory(stateDir);
  return createRunQuota({ directory, disk: nodeDisk, clock, processes: systemProcesses });
}

/** What the policy counts: reads of references, runs and calls. */
function policyDirectory(stateDir: string): string {
  return join(stateDir, 'policy');
}

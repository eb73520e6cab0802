import { join } from 'node:path';
import { compareHead } from '../../audit/head.ts';
import { openAuditTrail } from '../../audit/open.ts';
import type { SyslogForwarder } from '../../audit/syslog/forwarder.ts';
import { auditDirectory } from '../../audit/trail.ts';
import type { Dialer } from '../../channel/channel.ts';
import { createDialers } from '../../channel/dialers.ts';
import { controlPlaneNetwork } from '../../config/network-settings.ts';
import type { RunnerConfig } from '../../config/runner-config.ts';
import { openSealing } from '../../sealing/open-sealing.ts';
import { type Seal, sealFor } from '../../sealing/seal.ts';
import { removeAbandonedKey } from '../../link/enrollment/enrolled-key.ts';
import { loadIdentity, type Identity } from '../../link/enrollment/identity.ts';
import {
  openRotatingIdentity,
  type RotatingIdentity,
} from '../../link/enrollment/rotating-identity.ts';
import { assertSameControlPlane } from '../../link/enrollment/same-control-plane.ts';
import { HISTORY_DIRECTORY } from '../../link/history/attempt-entry.ts';
import { HistoryFiles } from '../../link/history/history-files.ts';
import { LogTails } from '../../link/history/log-tails.ts';
import { findPredecessor } from '../../link/connection/predecessor.ts';
import { createLink, type Link } from '../../link/link.ts';
import { openOutboxStore, type SpoolOutboxStore } from '../../link/outbox/spool-outbox-store.ts';
import { type EpochMemory, openEpochMemory } from '../../link/replay/epoch-memory.ts';
import type { AuditHeads } from '../../link/session/audit-heads.ts';
import type { StartWorker } from '../../link/workers/worker-handle.ts';
import { createStartWorker } from '../../link/workers/start-worker.ts';
import { createConnect } from '../../../foundation/src/network/open.ts';
import type { Logger } from '../../../foundation/src/logging/logger.ts';
import { checkPolicyAtStart, createOfferCheck } from '../../policy/offer-check.ts';
import { nodeDisk } from '../../../foundation/src/runtime/node-disk.ts';
import { systemClock } from '../../../foundation/src/runtime/clock.ts';
import { systemRandom } from '../../../foundation/src/runtime/random.ts';
import { workerVariables } from '../../secrets/providers/registry.ts';
import { workerEntry } from '../../worker/entry.ts';
import { hideProxyPassword } from '../proxy-password.ts';
import { policySource } from '../policy-source.ts';
import { platform, version } from '../version.ts';
import { createSyslogForwarder } from './audit-syslog.ts';
import { openObservability, type Observability } from './observability.ts';

const DIAL_TIMEOUT_MS = 10_000;

export interface Runner {
  readonly link: Link;
  readonly identity: Identity;
  readonly observability: Observability;
  /** Undefined without a syslog server. */
  readonly syslog: SyslogForwarder | undefined;
  /** Releases the state directory. */
  close(): Promise<void>;
}

/**
 * Composes a link that is ready to run. Throws NOT_ENROLLED, STATE_LOCKED, FILE_UNSAFE and the
 * codes of files that the configuration names.
 */
export async function composeRunner(
  config: RunnerConfig,
  logger: Logger,
  env: Readonly<NodeJS.ProcessEnv>,
): Promise<Runner> {
  const enrolled = await loadEnrolled(config, env);
  const policy = await checkedPolicy(config, logger);
  const observability = await openObservability(config, logger);
  const store = await openStore(config, enrolled, logger);
  // From here on: until the directory was locked, another one could be enrolled.
  const identity = await openIdentity(config, logger, env);
  const { fingerprint } = identity;
  const tails = new LogTails(systemClock);
  const listened = tails.listen(logger);
  const link = createLink({
    identity,
    keys: identity,
    dialers: await dialersFor(config, identity),
    store,
    trail: openAuditTrail(config.stateDir, logger),
    heads: auditHeadsOf(config, identity),
    epochs: await openEpochs(config, identity),
    startWorker: workersFor({ ...config, fingerprint }, store, listened, env),
    capacity: config.capacity,
    checkOffer: createOfferCheck({ policy, fingerprint, clock: systemClock, audit: logger }),
    jobDeadlineMs: config.jobs.deadlineMs,
    drainTimeoutMs: config.drainTimeoutMs,
    version: version(),
    platform: platform(),
    predecessor: await findPredecessor(config.stateDir),
    history: openHistory(config, tails, logger),
    logger: listened,
    metrics: observability.metrics,
    tracer: observability.tracer,
    clock: systemClock,
    random: systemRandom,
  });
  const syslog = createSyslogForwarder(config, { logger, metrics: observability.metrics });
  return { link, identity, observability, syslog, close: () => store.close() };
}

async function identitySeal(
  { sealing }: RunnerConfig,
  env: Readonly<NodeJS.ProcessEnv>,
): Promise<Seal> {
  return sealFor(await openSealing(sealing, { env }), 'identity-key');
}

async function loadEnrolled(
  config: RunnerConfig,
  env: Readonly<NodeJS.ProcessEnv>,
): Promise<Identity> {
  const { stateDir, controlPlane } = config;
  const identity = await loadIdentity(stateDir, await identitySeal(config, env));
  assertSameControlPlane(controlPlane.url, identity);
  return identity;
}

async function checkedPolicy(
  config: RunnerConfig,
  logger: Logger,
): Promise<ReturnType<typeof policySource>> {
  const policy = policySource(config);
  await checkPolicyAtStart(policy, logger);
  return policy;
}

async function dialersFor(
  config: RunnerConfig,
  { controlPlaneUrl: url }: Identity,
): Promise<readonly Dialer[]> {
  const connect = createConnect(await controlPlaneNetwork(config));
  const { channel } = config.controlPlane;
  return createDialers(channel, { url, connect, clock: systemClock, timeoutMs: DIAL_TIMEOUT_MS });
}

function openStore(
  { stateDir, spool: { maxBytes } }: RunnerConfig,
  { runnerId: owner }: Identity,
  logger: Logger,
): Promise<SpoolOutboxStore> {
  return openOutboxStore({ stateDir, maxBytes, owner, clock: systemClock, logger });
}

/** Changes files of the identity, so the state directory must be locked. */
async function openIdentity(
  config: RunnerConfig,
  logger: Logger,
  env: Readonly<NodeJS.ProcessEnv>,
): Promise<RotatingIdentity> {
  const { stateDir } = config;
  const identity = await openRotatingIdentity({
    stateDir,
    lifetimeMs: config.identity.keyLifetimeMs,
    disk: nodeDisk,
    clock: systemClock,
    seal: await identitySeal(config, env),
  });
  if (await removeAbandonedKey(nodeDisk, stateDir))
    logger.log('warn', 'an enrollment was interrupted; the runner keeps its earlier identity', {
      remedy: 'To replace it, run `hybrid-runner enroll --replace` with a new token.',
    });
  return identity;
}

function auditHeadsOf({ stateDir }: RunnerConfig, signer: Identity): AuditHeads {
  const place = { directory: auditDirectory(stateDir), disk: nodeDisk, clock: systemClock };
  return {
    compare: async (previous, signal) => {
      const head = await compareHead(place, signer, previous, signal);
      return head && { ...head, signature: Buffer.from(head.signature, 'base64') };
    },
  };
}

function openEpochs(
  { stateDir }: RunnerConfig,
  { runnerId: owner }: Identity,
): Promise<EpochMemory> {
  const file = join(stateDir, 'epochs');
  return openEpochMemory({ disk: nodeDisk, file, owner, clock: systemClock });
}

function workersFor(
  config: RunnerConfig & { readonly fingerprint: string },
  store: SpoolOutboxStore,
  logger: Logger,
  env: Readonly<NodeJS.ProcessEnv>,
): StartWorker {
  return createStartWorker({
    store,
    entry: workerEntry(),
    settings: config,
    logger,
    clock: systemClock,
    env,
    memoryMb: config.jobs.memoryMb,
    variablePrefixes: workerVariables(config.secrets),
  });
}

function openHistory(
  { stateDir, network }: RunnerConfig,
  tails: LogTails,
  logger: Logger,
): HistoryFiles {
  const redact = hideProxyPassword(network.proxy);
  return new HistoryFiles({
    directory: join(stateDir, HISTORY_DIRECTORY),
    disk: nodeDisk,
    clock: systemClock,
    logger,
    tails,
    redact,
  });
}

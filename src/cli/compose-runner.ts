import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Dialer } from '../channel/channel.ts';
import { ConnectionDialer } from '../channel/connection-dialer.ts';
import { GRPC } from '../channel/grpc.ts';
import { parseControlPlaneUrl } from '../channel/control-plane-url.ts';
import { WEB_SOCKET } from '../channel/websocket.ts';
import { controlPlaneNetwork } from '../config/network-settings.ts';
import type { RunnerConfig } from '../config/runner-config.ts';
import type { Job } from '../domain/job.ts';
import { loadIdentity, type Identity } from '../link/enrollment/identity.ts';
import { createLink, type Link } from '../link/link.ts';
import { openOutboxStore } from '../link/outbox/spool-outbox-store.ts';
import { createStartWorker } from '../link/workers/worker-process.ts';
import { createConnect } from '../network/open.ts';
import type { Logger } from '../observability/logger.ts';
import { denial } from '../policy/policy.ts';
import { openPolicy, openPolicyForJob } from '../policy/open-policy.ts';
import { systemClock } from '../runtime/clock.ts';
import { RunnerError } from '../runtime/errors.ts';
import { systemRandom } from '../runtime/random.ts';
import { ENVIRONMENT_PREFIX } from '../secrets/providers/environment.ts';
import { platform, version } from './version.ts';

const DIAL_TIMEOUT_MS = 10_000;

export interface Runner {
  readonly link: Link;
  readonly identity: Identity;
  /** Lets go of the state directory. */
  close(): Promise<void>;
}

/**
 * Joins the rooms into a link that is ready to run. Throws NOT_ENROLLED, STATE_LOCKED, FILE_UNSAFE and what is wrong
 * with the files that the configuration names.
 */
export async function composeRunner(
  config: RunnerConfig,
  logger: Logger,
  env: Readonly<NodeJS.ProcessEnv>,
): Promise<Runner> {
  const identity = await loadIdentity(config.stateDir);
  assertSameControlPlane(config, identity);
  await warnWithoutPolicy(config, logger);
  const dialers = await createDialers(config, identity);
  const store = await openOutboxStore({
    stateDir: config.stateDir,
    clock: systemClock,
    logger,
    maxBytes: config.spool.maxBytes,
    owner: identity.runnerId,
  });
  const startWorker = createStartWorker({
    store,
    entry: workerEntry(),
    settings: config,
    logger,
    clock: systemClock,
    env,
    memoryMb: config.jobs.memoryMb,
    secretPrefix: config.secrets.environment.enabled ? ENVIRONMENT_PREFIX : undefined,
  });
  const link = createLink({
    identity,
    dialers,
    store,
    startWorker,
    capacity: config.capacity,
    checkOffer: (job) => checkOffer(job, config.policyFile, logger),
    jobDeadlineMs: config.jobs.deadlineMs,
    drainTimeoutMs: config.drainTimeoutMs,
    version: version(),
    platform: platform(),
    logger,
    clock: systemClock,
    random: systemRandom,
  });
  return { link, identity, close: () => store.close() };
}

/** A changed setting must not send the identity's proof to another control plane unnoticed. */
function assertSameControlPlane(
  { controlPlane: { url } }: RunnerConfig,
  { controlPlaneUrl }: Identity,
): void {
  if (
    url === undefined ||
    parseControlPlaneUrl(url).authority === parseControlPlaneUrl(controlPlaneUrl).authority
  )
    return;
  throw new RunnerError(
    'NOT_ENROLLED',
    `the identity is from ${controlPlaneUrl}, and controlPlane.url names ${url}`,
    { remedy: 'Correct the setting, or enroll with the new control plane with --replace.' },
  );
}

async function warnWithoutPolicy({ policyFile }: RunnerConfig, logger: Logger): Promise<void> {
  const policy = await openPolicy(policyFile);
  if (policy.describe()['present'] === false)
    logger.log('warn', 'there is no policy file, so every job will be refused', { policyFile });
}

async function createDialers(
  config: RunnerConfig,
  { controlPlaneUrl: url }: Identity,
): Promise<readonly Dialer[]> {
  const options = {
    url,
    connect: createConnect(await controlPlaneNetwork(config)),
    clock: systemClock,
    timeoutMs: DIAL_TIMEOUT_MS,
  };
  const every: readonly Dialer[] = [
    new ConnectionDialer(WEB_SOCKET, options),
    new ConnectionDialer(GRPC, options),
  ];
  const { channel } = config.controlPlane;
  return channel === 'auto' ? every : every.filter(({ kind }) => kind === channel);
}

/** The policy is read anew, so that an edit counts for the next offer. */
async function checkOffer(
  job: Job,
  policyFile: string,
  audit: Logger,
): Promise<RunnerError | undefined> {
  try {
    const decision = (await openPolicyForJob(policyFile, audit)).checkJob(job);
    return decision.allowed
      ? undefined
      : denial('POLICY_DENIED', 'the job is not permitted', decision);
  } catch (thrown) {
    return RunnerError.from(thrown);
  }
}

/** The worker's program: beside this one, bundled or as sources. */
function workerEntry(): string {
  for (
    let directory = import.meta.dirname;
    directory !== dirname(directory);
    directory = dirname(directory)
  ) {
    const found = [join(directory, 'worker/main.js'), join(directory, 'worker/main.ts')].find(
      (path) => existsSync(path),
    );
    if (found !== undefined) return found;
  }
  throw new RunnerError('INTERNAL', 'the worker program is missing from this installation');
}

/**
 * Connection tests from OpenMetadata's dialog. Invariants:
 * - The dialog gets an answer well within its three minutes, whatever happens here.
 * - The test passes only if every step of the runner has passed.
 * - The token goes to the server that the operator named, whatever address the workflow has.
 * - No secret is written to the server, and the connection is stored only as references.
 * - A test is stored until the server has its result, its token sealed, so that a control plane
 *   that was killed continues it.
 */
import { z } from 'zod';
import type { Json } from '../../../../foundation/src/domain/json.ts';
import { aborted } from '../../../../foundation/src/runtime/abort.ts';
import { queueRun, type Draft } from '../../runs/start-run.ts';
import type { Run } from '../../runs/run.ts';
import { workflowOf } from '../../runs/workflow.ts';
import { ControlPlaneError } from '../../runtime/errors.ts';
import type { PendingTest } from '../../store/relay.ts';
import type { Endpoint } from '../deployed-pipelines.ts';
import { openToken, sealToken } from '../deployments/bot-tokens.ts';
import { checkedConnection, type CheckedConnection } from '../deployments/connection.ts';
import { OUR_SERVICE } from '../../definitions/service-types.ts';
import { sealPlainSecrets } from '../deployments/plain-secrets.ts';
import { readAutomation } from '../server/automations.ts';
import { CatalogApi } from '../server/catalog-api.ts';
import { toControlPlaneError } from '../server/server-error.ts';
import { botToken } from '../server/token.ts';
import { ConnectionTest } from './connection-test.ts';
import type { RelayDeps } from './relay-deps.ts';

/** The name of a service that is tested before it is saved. */
const UNSAVED = 'connection-test';
const READ_MS = 30_000;
/** An older result is of no use. */
const KEPT_MS = 3_600_000;

const Payload = z.object({
  id: z.string().min(1),
  openMetadataServerConnection: z.object({
    securityConfig: z.object({ jwtToken: z.string().min(1) }),
  }),
});

/** For the log. */
interface About {
  readonly endpoint: string;
  readonly workflow: string;
  readonly run?: string;
}

export class ConnectionTests {
  readonly #deps: RelayDeps;
  readonly #stopping = new AbortController();
  readonly #running = new Set<Promise<void>>();

  constructor(deps: RelayDeps) {
    this.#deps = deps;
  }

  /**
   * Continues the tests of an earlier process. Ends the tests under way when the signal aborts.
   */
  async run(signal: AbortSignal): Promise<void> {
    for (const test of await this.#deps.store.read.relays.tests())
      await this.#resume(test).catch((thrown: unknown) =>
        this.#deps.log.warn({ err: thrown, run: test.runId }, 'failed to resume a connection test'),
      );
    await aborted(signal);
    this.#stopping.abort();
    await Promise.all(this.#running);
  }

  /** Resolves when the test is queued; the result goes to the automation workflow at the server. */
  async start(endpoint: Endpoint, workflow: Json, pool: string): Promise<void> {
    const parsed = Payload.safeParse(workflow);
    if (!parsed.success)
      throw new ControlPlaneError('INPUT_INVALID', 'the automation workflow has no id or no token');
    const { id, openMetadataServerConnection } = parsed.data;
    const token = botToken(openMetadataServerConnection.securityConfig.jwtToken);
    const source = { read: () => Promise.resolve(token) };
    const api = new CatalogApi(endpoint, source, this.#deps);
    const test = new ConnectionTest(this.#deps, api, id, pool);
    const sealedToken = sealToken(this.#deps.sealer, ownerOf(endpoint.name, id), token.reveal());
    const pending = { endpoint: endpoint.name, workflow: id, pool, sealedToken };
    try {
      const run = await this.#queue(api, endpoint, pending);
      const about = { endpoint: endpoint.name, workflow: id, run: run.id };
      this.#follow(test.follow(run, this.#stopping.signal), api, about);
    } catch (thrown) {
      const error = toControlPlaneError(thrown);
      this.#follow(test.reject(error.body()), api, { endpoint: endpoint.name, workflow: id });
      if (error.code === 'OPENMETADATA_FAILED') throw error;
    }
  }

  async #resume(test: PendingTest): Promise<void> {
    const { store, sealer } = this.#deps;
    const run = await store.read.runs.get(test.runId);
    const endpoint = await store.read.endpoints.get(test.endpoint);
    const isTooOld = run !== undefined && this.#deps.clock.now() - run.queuedAt > KEPT_MS;
    if (run === undefined || endpoint === undefined || isTooOld) return this.#drop(test.runId);
    const owner = ownerOf(test.endpoint, test.workflow);
    const token = botToken(openToken(sealer, owner, test.sealedToken));
    const api = new CatalogApi(endpoint, { read: () => Promise.resolve(token) }, this.#deps);
    const resumed = new ConnectionTest(this.#deps, api, test.workflow, test.pool);
    const about = { endpoint: test.endpoint, workflow: test.workflow, run: run.id };
    this.#follow(resumed.follow(run, this.#stopping.signal), api, about);
  }

  async #drop(runId: string): Promise<void> {
    await this.#deps.store.transaction((tx) => tx.relays.deleteTest(runId));
  }

  #follow(work: Promise<void>, api: CatalogApi, about: About): void {
    const following = this.#settle(work, api, about).finally(() => this.#running.delete(following));
    this.#running.add(following);
  }

  /** Never rejects. A test whose result was not reported stays for the next start. */
  async #settle(work: Promise<void>, api: CatalogApi, about: About): Promise<void> {
    const { log } = this.#deps;
    try {
      await work;
    } catch (thrown) {
      log.warn({ err: thrown, ...about }, 'failed to report a connection test');
      return;
    } finally {
      await api.close();
    }
    if (about.run === undefined) return;
    await this.#drop(about.run).catch((thrown: unknown) =>
      log.warn({ err: thrown, ...about }, 'failed to delete a connection test'),
    );
  }

  async #queue(
    api: CatalogApi,
    endpoint: Endpoint,
    pending: Omit<PendingTest, 'runId'>,
  ): Promise<Run> {
    const { workflow: id } = pending;
    const request = await readAutomation(api, id, AbortSignal.timeout(READ_MS));
    if (request === undefined)
      throw new ControlPlaneError('NOT_FOUND', 'the server has no such automation workflow');
    if (request.connectionType !== OUR_SERVICE)
      throw new ControlPlaneError(
        'INPUT_INVALID',
        `connections of type ${request.connectionType ?? 'unknown'} cannot be tested here; only those of ${OUR_SERVICE} can`,
      );
    const name = request.serviceName ?? UNSAVED;
    const candidate = { id, name, displayName: null, serviceType: OUR_SERVICE };
    const checked = checkedConnection({ ...candidate, connection: request.connection }, endpoint);
    return queueTest(this.#deps, name, checked, pending);
  }
}

function queueTest(
  deps: RelayDeps,
  service: string,
  { connection, plain }: CheckedConnection,
  pending: Omit<PendingTest, 'runId'>,
): Promise<Run> {
  const definition = (runId: string) => ({
    name: service,
    type: OUR_SERVICE,
    connection: sealPlainSecrets(deps.sealer, runId, connection, plain),
  });
  const pipeline = { name: '', sourceConfig: { type: 'DatabaseMetadata' }, loggerLevel: 'INFO' };
  const draft: Draft = {
    kind: 'test_connection',
    service,
    pipeline: null,
    pinnedTo: null,
    pool: pending.pool,
    slot: null,
    deadlineMs: 0,
    fullRun: false,
    workflow: (runId) => workflowOf(definition(runId), pipeline, runId),
  };
  return queueRun(
    deps,
    () => Promise.resolve(draft),
    (tx, run) => tx.relays.saveTest({ ...pending, runId: run.id }),
  );
}

/** A sealed token opens only for the test that brought it. */
function ownerOf(endpoint: string, workflow: string): { endpoint: string; id: string } {
  return { endpoint, id: `connection test ${workflow}` };
}

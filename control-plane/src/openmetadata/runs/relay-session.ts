import type { MetadataSink } from '../../../../openmetadata/src/sink/records.ts';
import { createMetadataRestSink } from '../../../../openmetadata/src/sink/rest-sink.ts';
import type { SinkProgress } from '../../../../openmetadata/src/sink/write-summary.ts';
import type { TokenSource } from '../../../../openmetadata/src/sink/token.ts';
import { ControlPlaneError } from '../../runtime/errors.ts';
import type { Relay } from '../../store/relay.ts';
import type { Deployment, Endpoint } from '../deployed-pipelines.ts';
import { foundationClock, foundationRandom } from '../server/adapters.ts';
import { CatalogApi } from '../server/catalog-api.ts';
import { connectOnlyTo, tlsOf } from '../server/connection.ts';
import { tokenSource } from '../server/token.ts';
import { existingEndpoint } from './existing.ts';
import type { RelayDeps } from './relay-deps.ts';
import type { RelayLog } from './relay-log.ts';

/** The deployment of a relay; undefined when it was deleted. */
export function deploymentOf(
  { store }: RelayDeps,
  { endpoint, deployment }: Relay,
): Promise<Deployment | undefined> {
  return store.read.deployments.get(endpoint, deployment);
}

/** The server that a relay writes to, with the newest token of its deployment. */
export class RelaySession {
  readonly api: CatalogApi;
  readonly #endpoint: Endpoint;
  readonly #token: TokenSource;
  readonly #deps: RelayDeps;

  private constructor(endpoint: Endpoint, token: TokenSource, deps: RelayDeps) {
    this.#endpoint = endpoint;
    this.#token = token;
    this.#deps = deps;
    this.api = new CatalogApi(endpoint, token, deps);
  }

  static async open(deps: RelayDeps, relay: Relay): Promise<RelaySession> {
    const endpoint = await existingEndpoint(deps.store.read, relay.endpoint);
    const token = tokenSource(async () => {
      const deployment = await deploymentOf(deps, relay);
      if (deployment !== undefined) return deps.tokens.of(deployment);
      throw new ControlPlaneError('NOT_FOUND', 'the pipeline was deleted');
    });
    return new RelaySession(endpoint, token, deps);
  }

  /** The relay reports the run's status itself, so the sink gets no pipeline. */
  sink(
    { overrideMetadata }: Relay,
    logger: RelayLog,
    onProgress: (progress: SinkProgress) => void,
  ): MetadataSink {
    const { clock, random, connect } = this.#deps;
    return createMetadataRestSink({
      hostPort: this.#endpoint.server,
      jwtToken: this.#token,
      connect: connectOnlyTo(this.#endpoint, connect),
      tls: tlsOf(this.#endpoint),
      clock: foundationClock(clock),
      random: foundationRandom(random),
      logger,
      overrideMetadata,
      onProgress,
    });
  }

  async close(): Promise<void> {
    await this.api.close();
  }
}

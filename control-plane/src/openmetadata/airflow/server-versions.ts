import type { Clock } from '../../runtime/clock.ts';
import type { OpenMetadataServers } from '../deployed-pipelines.ts';
import type { StoredEndpoint } from '../../store/openmetadata.ts';

/** Shorter than the server's health interval, so that an upgraded server is noticed at once. */
const FRESH_MS = 60_000;
/** The server's client times out after 5 s. */
const TIMEOUT_MS = 4000;

/**
 * The versions of the servers: a server calls the pipeline service unhealthy unless it answers with
 * the server's own version. A server that is starting does not answer; its last version stands.
 */
export class ServerVersions {
  readonly #servers: OpenMetadataServers;
  readonly #clock: Clock;
  readonly #known = new Map<string, { readonly version: string; readonly until: number }>();

  constructor(servers: OpenMetadataServers, clock: Clock) {
    this.#servers = servers;
    this.#clock = clock;
  }

  /** Throws what the server's client throws when no version is known. */
  async of(endpoint: StoredEndpoint): Promise<string> {
    const known = this.#known.get(endpoint.server);
    if (known !== undefined && known.until > this.#clock.monotonic()) return known.version;
    try {
      const version = await this.#servers.version(endpoint, AbortSignal.timeout(TIMEOUT_MS));
      const until = this.#clock.monotonic() + FRESH_MS;
      this.#known.set(endpoint.server, { version, until });
      return version;
    } catch (thrown) {
      if (known !== undefined) return known.version;
      throw thrown;
    }
  }
}

/**
 * The REST API of one OpenMetadata server as its bot. Invariants:
 * - Every connection goes to the server that the operator named in the endpoint. Redirects are not
 *   followed.
 * - Answers are limited in size and time, and are parsed before anything is done with them.
 * - The token is in the header of the request and nowhere else.
 */
import { HttpClient } from '../../../../foundation/src/http/client.ts';
import type { Connect } from '../../../../foundation/src/network/connect.ts';
import { apiUrl } from '../../../../openmetadata/src/api-url.ts';
import { MetadataServer, type Call } from '../../../../openmetadata/src/sink/server.ts';
import type { TokenSource } from '../../../../openmetadata/src/sink/token.ts';
import type { Deps } from '../../deps.ts';
import type { Endpoint } from '../deployed-pipelines.ts';
import { foundationClock, foundationLogger, foundationRandom } from './adapters.ts';
import { connectOnlyTo, tlsOf } from './connection.ts';

export const HTTP_LIMITS = {
  unexpected: 'SINK_FAILED',
  allowPlaintext: true,
  connectMs: 10_000,
  keepAliveMs: 4000,
  callMs: 30_000,
  maxBytes: 32 * 1024 * 1024,
  maxSockets: 4,
} as const;

/** A person or a server may be waiting. */
const RETRY = { tries: 3, baseMs: 250, capMs: 2000 } as const;

export interface CatalogApiDeps extends Pick<Deps, 'clock' | 'random' | 'log'> {
  readonly connect: Connect;
}

/** Throws SINK_* for an error status, NETWORK_* and DEADLINE_EXCEEDED when no answer arrived. */
export class CatalogApi {
  readonly #http: HttpClient;
  readonly #server: MetadataServer;

  constructor(endpoint: Endpoint, jwtToken: TokenSource, deps: CatalogApiDeps) {
    const clock = foundationClock(deps.clock);
    this.#http = new HttpClient({
      ...HTTP_LIMITS,
      connect: connectOnlyTo(endpoint, deps.connect),
      clock,
      tls: () => Promise.resolve(tlsOf(endpoint)),
    });
    this.#server = new MetadataServer({
      http: this.#http,
      api: apiUrl(endpoint.server),
      jwtToken,
      clock,
      random: foundationRandom(deps.random),
      logger: foundationLogger(deps.log, { endpoint: endpoint.name }),
      retry: RETRY,
      patienceMs: HTTP_LIMITS.callMs,
    });
  }

  /** The body of the answer; undefined for 404. */
  async find(path: string, what: string, signal: AbortSignal): Promise<unknown> {
    return (await this.#server.find(path, what, signal))?.body;
  }

  /** The body of the answer. */
  async send(call: Call, signal: AbortSignal): Promise<unknown> {
    return (await this.#server.send(call, signal)).body;
  }

  async close(): Promise<void> {
    await this.#http.close();
  }
}

/** Opens the API for some calls. */
export async function withApi<T>(
  endpoint: Endpoint,
  token: TokenSource,
  deps: CatalogApiDeps,
  work: (api: CatalogApi) => Promise<T>,
): Promise<T> {
  const api = new CatalogApi(endpoint, token, deps);
  try {
    return await work(api);
  } finally {
    await api.close();
  }
}

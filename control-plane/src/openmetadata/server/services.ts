import { z } from 'zod';
import { tryParseJson } from '../../../../foundation/src/domain/json.ts';
import { RunnerError } from '../../../../foundation/src/runtime/errors.ts';
import { HttpClient } from '../../../../foundation/src/http/client.ts';
import { apiUrl } from '../../../../openmetadata/src/api-url.ts';
import { quoteNamePart } from '../../../../openmetadata/src/names.ts';
import type { Endpoint, OpenMetadataServers, ServerService } from '../deployed-pipelines.ts';
import { foundationClock } from './adapters.ts';
import { HTTP_LIMITS, withApi, type CatalogApi, type CatalogApiDeps } from './catalog-api.ts';
import { connectOnlyTo, tlsOf } from './connection.ts';
import { toControlPlaneError } from './server-error.ts';
import { botToken } from './token.ts';

const Service = z.object({
  id: z.string().min(1),
  name: z.string().min(1),
  displayName: z.string().nullish(),
  serviceType: z.string(),
  connection: z.object({ config: z.record(z.string(), z.unknown()).nullish() }).nullish(),
});

const Version = z.object({ version: z.string().regex(/^\d+\.\d+\.\d+/) });

/** Throws SINK_FAILED for a response that does not have the format of the API. */
export function parseAnswer<T>(schema: z.ZodType<T>, body: unknown, what: string): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new RunnerError('SINK_FAILED', `${what}: unexpected response format`, {
    retryable: false,
    remedy: 'Check that the endpoint has the URL of the API of an OpenMetadata server.',
  });
}

/** The service with its connection unmasked; undefined when the server has no such service. */
export async function readService(
  api: CatalogApi,
  name: string,
  signal: AbortSignal,
): Promise<ServerService | undefined> {
  const what = `service "${name}"`;
  const path = `/services/databaseServices/name/${encodeURIComponent(quoteName(name))}`;
  const body = await api.find(path, what, signal);
  if (body === undefined) return undefined;
  const { connection, displayName, ...service } = parseAnswer(Service, body, what);
  return {
    ...service,
    displayName: displayName ?? null,
    connection: connection?.config ?? {},
  };
}

/** A name as the only part of a fully qualified name. */
function quoteName(name: string): string {
  return name.startsWith('"') ? name : quoteNamePart(name);
}

/** Single calls to the servers of endpoints. Throws ControlPlaneErrors with texts to display. */
export function createServers(deps: CatalogApiDeps): OpenMetadataServers {
  return {
    version: (endpoint, signal) => readVersion(endpoint, deps, signal),
    databaseService: (endpoint, token, name, signal) => {
      const source = { read: () => Promise.resolve(botToken(token)) };
      return withApi(endpoint, source, deps, (api) => readService(api, name, signal)).catch(
        (thrown: unknown) => {
          throw toControlPlaneError(thrown);
        },
      );
    },
  };
}

/** The version needs no token. */
async function readVersion(
  endpoint: Endpoint,
  { connect, clock }: CatalogApiDeps,
  signal: AbortSignal,
): Promise<string> {
  const api = apiUrl(endpoint.server);
  const http = new HttpClient({
    ...HTTP_LIMITS,
    callMs: 10_000,
    connect: connectOnlyTo(endpoint, connect),
    clock: foundationClock(clock),
    tls: () => Promise.resolve(tlsOf(endpoint)),
  });
  const what = `version of ${endpoint.server}`;
  try {
    const response = await http.call(
      {
        method: 'GET',
        origin: api.origin,
        path: `${api.pathname}/v1/system/version`,
        what,
        headers: { accept: 'application/json' },
      },
      signal,
    );
    if (response.status !== 200)
      throw new RunnerError(
        'SINK_FAILED',
        `${what}: the server responded with status ${response.status}`,
      );
    return parseAnswer(Version, tryParseJson(response.body().toString())?.value, what).version;
  } catch (thrown) {
    throw toControlPlaneError(thrown);
  } finally {
    await http.close();
  }
}

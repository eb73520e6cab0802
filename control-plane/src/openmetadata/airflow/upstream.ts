/**
 * The Airflow that was the server's pipeline service before. Bodies go through as bytes, both ways;
 * credentials and paths are exchanged. Invariants:
 * - Only an address that the operator named is called; redirects are not followed.
 * - The server's credentials here are never sent there.
 */
import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { rootCertificates } from 'node:tls';
import { ControlPlaneError } from '../../runtime/errors.ts';
import type { StoredEndpoint, UpstreamAirflow } from '../../store/openmetadata.ts';
import { upstreamContext } from '../endpoints/endpoints.ts';
import type { Sealer } from '../sealing.ts';
import type { Answer } from './answers.ts';
import type { AirflowCall } from './requests.ts';

/** In the order in which OpenMetadata's client tries them. */
const BASES = ['/pluginsv2/api/v2/openmetadata', '/api/v2/openmetadata', '/api/v1/openmetadata'];
const PROBE_MS = 5000;
const TIMEOUT_MS = 120_000;
const MAX_BYTES = 64 * 1024 * 1024;
const REQUEST_HEADERS = ['content-type', 'accept', 'x-csrftoken', 'cookie'];
const RESPONSE_HEADERS = ['content-type', 'set-cookie', 'www-authenticate'];

type Target = StoredEndpoint & {
  readonly upstream: UpstreamAirflow;
  readonly upstreamPassword: Buffer;
};

export class Upstream {
  readonly #sealer: Sealer;
  /** The base that each Airflow answered at. */
  readonly #bases = new Map<string, string>();

  constructor(sealer: Sealer) {
    this.#sealer = sealer;
  }

  /** Passes a call on. Throws UPSTREAM_UNREACHABLE. */
  async pass(target: Target, call: AirflowCall): Promise<Answer> {
    const { url } = target.upstream;
    try {
      const base = this.#bases.get(url) ?? (await this.#findBase(target));
      return await this.#send(target, base, call, TIMEOUT_MS);
    } catch (thrown) {
      this.#bases.delete(url);
      throw thrown instanceof ControlPlaneError ? thrown : unreachable(url, thrown);
    }
  }

  async #findBase(target: Target): Promise<string> {
    const { url } = target.upstream;
    const probe = {
      method: 'GET',
      name: 'health-auth',
      pool: null,
      search: '',
      headers: {},
      body: Buffer.alloc(0),
    };
    for (const base of BASES) {
      const { status } = await this.#send(target, base, probe, PROBE_MS);
      if (status === 200) {
        this.#bases.set(url, base);
        return base;
      }
      if (status === 401 || status === 403)
        throw new ControlPlaneError(
          'UPSTREAM_UNREACHABLE',
          `Airflow at ${url} rejected the user name or password`,
          {
            remedy: 'Check --upstream-user and the password of the endpoint.',
          },
        );
    }
    throw new ControlPlaneError('UPSTREAM_UNREACHABLE', `no OpenMetadata plugin at ${url}`);
  }

  #send(
    target: Target,
    base: string,
    { method, name, search, headers, body }: AirflowCall,
    timeoutMs: number,
  ): Promise<Answer> {
    const url = new URL(`${target.upstream.url}${base}/${name}${search}`);
    const password = this.#sealer.open(target.upstreamPassword, upstreamContext(target.name));
    const credentials = Buffer.from(`${target.upstream.user}:${password}`).toString('base64');
    const options = {
      method,
      headers: {
        ...picked(headers, REQUEST_HEADERS),
        authorization: `Basic ${credentials}`,
        'content-length': body.length,
      },
      signal: AbortSignal.timeout(timeoutMs),
      ...(target.ca === null ? {} : { ca: [...rootCertificates, target.ca] }),
    };
    return new Promise((resolve, reject) => {
      const sent = (url.protocol === 'https:' ? requestHttps : requestHttp)(
        url,
        options,
        (response) => {
          answerOf(response).then(resolve, reject);
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  }
}

export function hasUpstream(endpoint: StoredEndpoint): endpoint is Target {
  return endpoint.upstream !== null && endpoint.upstreamPassword !== null;
}

async function answerOf(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BYTES) {
      response.destroy();
      throw new Error(`answer is longer than ${MAX_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  return {
    status: response.statusCode ?? 502,
    headers: picked(response.headers, RESPONSE_HEADERS),
    body: Buffer.concat(chunks),
  };
}

function picked<T>(
  headers: Readonly<Record<string, T | undefined>>,
  names: readonly string[],
): Record<string, T> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = headers[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function unreachable(url: string, cause: unknown): ControlPlaneError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ControlPlaneError(
    'UPSTREAM_UNREACHABLE',
    `failed to reach the upstream Airflow at ${url}: ${reason}`,
    { cause },
  );
}

import { HttpClient } from '../../../../foundation/src/http/client.ts';
import { RunnerError } from '../../../../foundation/src/runtime/errors.ts';
import type { ProviderDeps } from '../../providers/provider-kind.ts';

// Invariant: an SDK has no other way to the network. It opens no socket, so it ignores proxies, CAs
// and addresses that its own files or variables name, and reaches what `deps.connect` does.

/** Of one value, in the encoding of the answer. */
const MAX_BODY_BYTES = 1024 * 1024;
/** Within the deadline of a look-up, so that a server that is slow once can be asked again. */
const CALL_MS = 8_000;
/** The HTTP client sets these for what it really sends and can read. */
const OWN_HEADERS = new Set(['accept-encoding', 'connection', 'content-length', 'user-agent']);
/** They describe the body before it was decompressed. */
const BODY_HEADERS = new Set(['content-encoding', 'content-length', 'transfer-encoding']);
const METHODS = ['GET', 'POST', 'PUT'] as const;

export interface SdkRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Iterable<readonly [name: string, value: string]>;
  readonly body?: string | undefined;
}

export interface SdkResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Sends the requests of an SDK during one look-up. */
export interface SdkTransport {
  readonly send: (request: SdkRequest) => Promise<SdkResponse>;
}

/**
 * Runs `work` with a transport that lives until it ends. If a connection fails, throws its error,
 * whatever the SDK makes of it.
 */
export async function withTransport<T>(
  { connect, clock }: Pick<ProviderDeps, 'connect' | 'clock'>,
  signal: AbortSignal,
  work: (transport: SdkTransport) => Promise<T>,
): Promise<T> {
  const client = new HttpClient({
    connect,
    clock,
    tls: async () => ({}),
    unexpected: 'SECRET_PROVIDER_FAILED',
    // Only for metadata services: `connect` rejects it for every other server.
    allowPlaintext: true,
    callMs: CALL_MS,
    maxBytes: MAX_BODY_BYTES,
  });
  let failure: RunnerError | undefined;
  const send = async (request: SdkRequest): Promise<SdkResponse> => {
    try {
      return await sendOnce(client, request, signal);
    } catch (thrown) {
      failure = RunnerError.from(thrown, 'SECRET_PROVIDER_FAILED');
      throw failure;
    }
  };
  try {
    return await work({ send });
  } catch (thrown) {
    throw failure ?? thrown;
  } finally {
    await client.close();
  }
}

async function sendOnce(
  client: HttpClient,
  { method: written, url, headers, body }: SdkRequest,
  signal: AbortSignal,
): Promise<SdkResponse> {
  const method = METHODS.find((each) => each === written.toUpperCase());
  if (method === undefined)
    throw new RunnerError('SECRET_PROVIDER_FAILED', `an SDK sent a request of type ${written}`);
  const sent = [...headers].map(([name, value]) => [name.toLowerCase(), value] as const);
  const response = await client.call(
    {
      method,
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      headers: Object.fromEntries(sent.filter(([name]) => !OWN_HEADERS.has(name))),
      ...(body === undefined ? {} : { body }),
    },
    signal,
  );
  return { status: response.status, headers: joined(response.headers), body: response.body() };
}

function joined(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || BODY_HEADERS.has(name)
        ? []
        : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  );
}

import type { SdkTransport } from '../sdk/transport.ts';

/** The part of a request of the SDK that is sent. */
interface AwsRequest {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number | undefined;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly (string | null)[] | null>> | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** What the SDK would print could contain names of secrets. */
const SILENT = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** Settings with which a client of the SDK reads no file, repeats nothing and opens no socket. */
export function clientConfig(
  transport: SdkTransport,
  region: string,
  endpoint: string,
): ReturnType<typeof settings> & { readonly requestHandler: ReturnType<typeof handlerFor> } {
  return { ...settings(region, endpoint), requestHandler: handlerFor(transport) };
}

function settings(region: string, endpoint: string) {
  return {
    region,
    endpoint,
    maxAttempts: 1,
    retryMode: 'standard',
    defaultsMode: 'standard' as const,
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    authSchemePreference: [],
    userAgentAppId: async () => undefined,
    defaultUserAgentProvider: async () => [],
    logger: SILENT,
  };
}

function handlerFor(transport: SdkTransport) {
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    handle: async (request: AwsRequest) => {
      const { status, headers, body } = await transport.send({
        method: request.method,
        url: urlOf(request),
        headers: Object.entries(request.headers),
        body: textOf(request.body),
      });
      return {
        response: { statusCode: status, headers: { ...headers }, body: new Uint8Array(body) },
      };
    },
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
  };
}

function urlOf({ protocol, hostname, port, path, query = {} }: AwsRequest): URL {
  const url = new URL(`${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}`);
  for (const [name, value] of Object.entries(query))
    url.searchParams.append(name, typeof value === 'string' ? value : '');
  return url;
}

function textOf(body: unknown): string | undefined {
  if (body === undefined || typeof body === 'string') return body;
  return new TextDecoder().decode(body as Uint8Array);
}

import { createHttpHeaders, type HttpClient, RestError } from '@azure/core-rest-pipeline';
import type { SdkTransport } from '../sdk/transport.ts';

/** Options of every client of the SDK: it repeats nothing, follows nothing and opens no socket. */
export function clientOptions(transport: SdkTransport) {
  return {
    httpClient: httpClient(transport),
    retryOptions: { maxRetries: 0 },
    redirectOptions: { maxRetries: 0 },
  };
}

function httpClient({ send }: SdkTransport): HttpClient {
  return {
    sendRequest: async (request) => {
      const { body } = request;
      if (body !== undefined && body !== null && typeof body !== 'string')
        throw new RestError('the SDK of Azure sent an unknown body');
      const response = await send({
        method: request.method,
        url: new URL(request.url),
        headers: request.headers,
        body: body ?? undefined,
      });
      return {
        request,
        status: response.status,
        headers: createHttpHeaders({ ...response.headers }),
        bodyAsText: response.body.toString(),
      };
    },
  };
}

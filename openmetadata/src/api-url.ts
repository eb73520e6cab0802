import { normalizeHost, type Endpoint } from '../../foundation/src/network/endpoint.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';

/**
 * Parses `openMetadataServerConfig.hostPort`, for example `https://catalog.example.com/api`. A bare
 * origin gets the `/api` that every OpenMetadata server has. Throws INPUT_INVALID.
 */
export function apiUrl(hostPort: string): URL {
  const url = URL.parse(hostPort);
  if (
    url === null ||
    !['http:', 'https:'].includes(url.protocol) ||
    url.username !== '' ||
    url.search !== '' ||
    url.hash !== ''
  ) {
    throw new RunnerError(
      'INPUT_INVALID',
      'openMetadataServerConfig.hostPort is not the address of an API',
      { remedy: 'Use an address such as https://catalog.example.com/api.' },
    );
  }
  url.pathname = url.pathname.replace(/\/+$/, '') || '/api';
  return url;
}

export function apiEndpoint(url: URL): Endpoint {
  return {
    host: normalizeHost(url.hostname),
    port: Number(url.port) || (url.protocol === 'https:' ? 443 : 80),
  };
}

import { RunnerError } from '../runtime/errors.ts';
import { formatEndpoint, normalizeHost, type Endpoint } from '../network/endpoint.ts';

export interface ControlPlaneAddress {
  readonly endpoint: Endpoint;
  /** host:port, lower case: what the runner signs. */
  readonly authority: string;
}

/** Reads `wss://host[:port]`. Throws INPUT_INVALID for anything more, so that no path, query or password hides in it. */
export function parseControlPlaneUrl(text: string): ControlPlaneAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const plain =
    url !== undefined &&
    url.protocol === 'wss:' &&
    url.username === '' &&
    url.password === '' &&
    ['', '/'].includes(url.pathname) &&
    url.search === '' &&
    url.hash === '';
  if (!plain)
    throw new RunnerError('INPUT_INVALID', 'the control plane URL is not wss://host:port', {
      remedy: 'Write for example wss://catalog.example.com:443, without path, user or query.',
    });
  const endpoint = {
    host: normalizeHost(url.hostname),
    port: url.port === '' ? 443 : Number(url.port),
  };
  return { endpoint, authority: formatEndpoint(endpoint) };
}

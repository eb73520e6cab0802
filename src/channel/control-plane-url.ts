import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import {
  formatEndpoint,
  normalizeHost,
  type Endpoint,
} from '../../foundation/src/network/endpoint.ts';

export interface ControlPlaneAddress {
  readonly endpoint: Endpoint;
  /** host:port in lower case, as signed by the runner. */
  readonly authority: string;
}

/**
 * Parses `wss://host[:port]`. Throws INPUT_INVALID for a URL with a path, query, user or password.
 */
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
    throw new RunnerError('INPUT_INVALID', 'control plane URL is not of the form wss://host:port', {
      remedy: 'Enter for example wss://catalog.example.com:443, without path, user or query.',
    });
  const endpoint = {
    host: normalizeHost(url.hostname),
    port: url.port === '' ? 443 : Number(url.port),
  };
  return { endpoint, authority: formatEndpoint(endpoint) };
}

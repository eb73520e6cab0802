import { entry } from './entry.ts';

export const network = {
  NETWORK_UNREACHABLE: entry(
    'transient',
    'The server is not reachable.',
    'Check name resolution, firewall and proxy for the host named in the message.',
  ),
  NETWORK_TIMEOUT: entry(
    'transient',
    'The server did not respond in time.',
    'Check the network. Calls that are safe to repeat are retried.',
  ),
  NETWORK_RESET: entry(
    'transient',
    'The connection was lost.',
    'No action is needed if it is rare. Otherwise check proxies and idle timeouts between the runner and the server.',
  ),
  TLS_UNTRUSTED: entry(
    'user',
    'The certificate of the server is not trusted.',
    [
      'If it is signed by a private CA, configure the PEM file of that CA: --ca-file',
      '(controlPlane.caFile) for the control plane; --network-ca-file (network.caFile) for all',
      'other servers and for a proxy that intercepts TLS.',
    ].join(' '),
  ),
  RESPONSE_TOO_LARGE: entry(
    'permanent',
    'The response exceeds the size limit.',
    'Check for a proxy that alters responses.',
  ),
  PROXY_REFUSED: entry(
    'user',
    'The proxy rejected the connection.',
    'Check the address, the credentials and the allowlist of the proxy.',
  ),
  HOST_DENIED: entry(
    'permanent',
    'The local policy does not allow connections to this host.',
    'If the host is correct, allow it in the policy file.',
  ),
  ORGANIZATION_DENIED: entry(
    'permanent',
    'The sign-in led to an organization that the local policy does not permit.',
    'If the organization is correct, add its id to the rule of the secret in the policy file.',
  ),
  ADDRESS_DENIED: entry(
    'permanent',
    'The host name resolves to an address that the local policy does not allow.',
    'If the address is meant to be private, set network.connectTo or allow private addresses in the policy file.',
  ),
} as const;

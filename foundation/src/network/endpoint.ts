import { RunnerError } from '../runtime/errors.ts';

/** A host name or IP literal (lower case, no trailing dot, no brackets) and a port. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** `host:port`, with brackets around IPv6 literals. */
export function formatEndpoint({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Parses exactly `host:port`, with an explicit port. Throws INPUT_INVALID. */
export function parseEndpoint(text: string): Endpoint {
  const match = /^(?<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(?<port>[0-9]{1,5})$/.exec(text);
  const port = Number(match?.groups?.['port']);
  const host = match?.groups?.['host'];
  if (host === undefined || !(port >= 1 && port <= 65_535)) {
    throw new RunnerError('INPUT_INVALID', `"${text}" is not host:port`, {
      remedy: 'Write a host and a port, for example source.example.com:443.',
    });
  }
  return { host: normalizeHost(host), port };
}

export function normalizeHost(host: string): string {
  return host
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();
}

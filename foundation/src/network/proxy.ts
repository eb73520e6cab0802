import { BlockList, isIP } from 'node:net';
import { RunnerError } from '../runtime/errors.ts';
import { normalizeHost, type Endpoint } from './endpoint.ts';

/** A CONNECT proxy. `authorization` is secret and is sent to the proxy only. */
export interface Proxy {
  readonly endpoint: Endpoint;
  /** Whether the connection to the proxy itself uses TLS. */
  readonly secure: boolean;
  /** The value of Proxy-Authorization. */
  readonly authorization: string | undefined;
}

const REMEDY =
  'Write the address in the form http://proxy.example.com:3128 or https://user:password@proxy.example.com:8443.';

/**
 * Characters that end the authority of a URL. User names (`DOMAIN\\user`) and passwords often
 * contain them unencoded.
 */
const ENDS_AUTHORITY = /[\\/?#]/g;

/**
 * Parses `http[s]://[user:password@]host[:port]`. User name and password end at the last `@`. They
 * may be percent-encoded, but `\`, `/`, `?` and `#` in them need not be. Throws INPUT_INVALID
 * without the text, which may contain a password.
 */
export function parseProxy(text: string): Proxy {
  const { scheme, credentials, rest } = splitCredentials(text);
  const url = URL.parse(
    `${scheme}${credentials === undefined ? '' : `${credentials.replace(ENDS_AUTHORITY, encodeURIComponent)}@`}${rest}`,
  );
  if (url === null || !['http:', 'https:'].includes(url.protocol) || url.hostname === '')
    throw invalid('is not the address of an HTTP proxy, such as http://proxy.example.com:3128');
  if (!['', '/'].includes(url.pathname) || url.search !== '' || url.hash !== '')
    throw invalid('contains more than a host and a port');
  const secure = url.protocol === 'https:';
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port);
  return {
    endpoint: { host: normalizeHost(url.hostname), port },
    secure,
    authorization: basic(url.username, url.password),
  };
}

/** The address of a proxy with user name and password replaced, for display. */
export function hideProxyCredentials(text: string): string {
  const { scheme, credentials, rest } = splitCredentials(text);
  return credentials === undefined ? text : `${scheme}hidden:hidden@${rest}`;
}

/** The password in the address of a proxy, as written and percent-decoded. Empty if it has none. */
export function proxyPasswords(text: string): readonly string[] {
  const written = splitCredentials(text).credentials?.replace(/^[^:]*:?/, '') ?? '';
  if (written === '') return [];
  try {
    return [...new Set([written, decodeURIComponent(written)])];
  } catch {
    return [written];
  }
}

function splitCredentials(text: string): {
  readonly scheme: string;
  readonly credentials: string | undefined;
  readonly rest: string;
} {
  const {
    scheme = '',
    credentials,
    rest = '',
  } = /^(?<scheme>[a-z][a-z0-9+.-]*:\/\/)?(?:(?<credentials>.*)@)?(?<rest>[^@]*)$/is.exec(
    text.trim(),
  )?.groups ?? {};
  return { scheme, credentials, rest };
}

function basic(username: string, password: string): string | undefined {
  if (username === '' && password === '') return undefined;
  try {
    return `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}`;
  } catch {
    throw invalid(
      'has a % in its user name or password that is not followed by two hexadecimal digits; write %25 for it',
    );
  }
}

function invalid(problem: string): RunnerError {
  return new RunnerError('INPUT_INVALID', `the proxy setting ${problem}`, { remedy: REMEDY });
}

/**
 * Whether `endpoint` is reached without the proxy. A rule is `*`, a CIDR block, an IP address, or a
 * host name, with or without a leading dot, that matches itself and its subdomains. A `:port`
 * suffix limits the rule to that port.
 */
export function bypassesProxy(rules: readonly string[], endpoint: Endpoint): boolean {
  return rules.some((rule) => matches(rule.trim().toLowerCase(), endpoint));
}

function matches(rule: string, { host, port }: Endpoint): boolean {
  if (rule === '*') return true;
  if (rule.includes('/')) return inBlock(rule, host);
  const { name, onlyPort } = splitPort(rule);
  if (name === '' || (onlyPort !== undefined && onlyPort !== port)) return false;
  const suffix = normalizeHost(name.replace(/^\*?\./, ''));
  return host === suffix || (isIP(host) === 0 && host.endsWith(`.${suffix}`));
}

function splitPort(rule: string): { name: string; onlyPort: number | undefined } {
  const match = isIP(rule) === 6 ? null : /^(?<name>.*):(?<port>\d+)$/.exec(rule);
  return match === null
    ? { name: rule, onlyPort: undefined }
    : { name: match.groups!['name']!, onlyPort: Number(match.groups!['port']) };
}

function inBlock(rule: string, host: string): boolean {
  const [network = '', bits = ''] = rule.split('/');
  const family = isIP(network);
  if (family === 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128))
    return false;
  const block = new BlockList();
  block.addSubnet(network, Number(bits), family === 4 ? 'ipv4' : 'ipv6');
  const kind = isIP(host);
  return kind !== 0 && block.check(host, kind === 4 ? 'ipv4' : 'ipv6');
}

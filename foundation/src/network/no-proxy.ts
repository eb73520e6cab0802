import { isIP } from 'node:net';
import { RunnerError } from '../runtime/errors.ts';
import { normalizeHost } from './endpoint.ts';

const HOST_NAME = /^(?:\*?\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?$/;

/**
 * Parses an entry of the list of hosts that are reached without the proxy into the form that
 * `bypassesProxy` matches. Also accepts forms of other programs: `https://host`, `10.1.*`. Throws
 * INPUT_INVALID for an entry that would never match, because traffic meant to stay inside the
 * network would go to the proxy.
 */
export function parseNoProxyRule(text: string): string {
  const entry = text
    .trim()
    .toLowerCase()
    .replace(/^[a-z][a-z0-9+.-]*:\/\/(?<host>[^/]*)\/?$/, '$<host>');
  if (entry === '*') return entry;
  const rule = prefixToBlock(entry) ?? entry;
  if (rule.includes('/') ? isBlock(rule) : isHost(rule)) return rule;
  throw new RunnerError(
    'INPUT_INVALID',
    `${JSON.stringify(text)} matches no host; write a host name, .suffix, address, host:port, CIDR block or *`,
  );
}

/** `10.1.*` -> `10.1.0.0/16`. */
function prefixToBlock(entry: string): string | undefined {
  const parts = /^(?<prefix>\d{1,3}(?:\.\d{1,3}){0,2})(?:\.\*)+$/
    .exec(entry)
    ?.groups?.['prefix']?.split('.');
  return parts === undefined
    ? undefined
    : `${[...parts, '0', '0', '0'].slice(0, 4).join('.')}/${parts.length * 8}`;
}

function isBlock(rule: string): boolean {
  const [network = '', bits = '', ...more] = rule.split('/');
  const family = isIP(network);
  return (
    more.length === 0 &&
    family !== 0 &&
    /^\d{1,3}$/.test(bits) &&
    Number(bits) <= (family === 4 ? 32 : 128)
  );
}

function isHost(rule: string): boolean {
  if (isIP(rule) !== 0) return true;
  const { host = rule, port } = /^(?<host>.*):(?<port>\d{1,5})$/.exec(rule)?.groups ?? {};
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) return false;
  if (host.startsWith('[')) return isIP(host.slice(1, -1)) === 6 && host.endsWith(']');
  // A name of digits and dots is an incomplete address.
  return isIP(host) !== 0 || (HOST_NAME.test(host) && !/^[\d.]+$/.test(normalizeHost(host)));
}

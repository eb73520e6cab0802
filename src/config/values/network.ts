import { z } from 'zod';
import type { ConnectToRule } from '../../../foundation/src/network/connect.ts';
import {
  type Endpoint,
  formatEndpoint,
  parseEndpoint,
} from '../../../foundation/src/network/endpoint.ts';
import { parseNoProxyRule } from '../../../foundation/src/network/no-proxy.ts';
import { parseProxy } from '../../../foundation/src/network/proxy.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import {
  parseListenAddress,
  type ListenAddress,
} from '../../observability/metrics/listen-address.ts';
import { splitText } from './basic.ts';
import { tryParse } from './issues.ts';

/**
 * Entries that `bypassesProxy` understands, separated by commas or white space, also within an
 * entry of a YAML list.
 */
export function noProxyRules(): z.ZodType<readonly string[]> {
  const split = (raw: unknown): unknown => {
    if (Array.isArray(raw)) return raw.flatMap(split);
    return typeof raw === 'string' ? splitText(raw, /[,\s]/) : raw;
  };
  return z.preprocess(
    split,
    z.array(
      z
        .string('must be text')
        .transform((rule, context) => tryParse(context, () => parseNoProxyRule(rule))),
      'must be a list',
    ),
  );
}

export function connectTo(): z.ZodType<ConnectToRule> {
  return z.string('must be host:port=host:port').transform((rule, context) =>
    tryParse(context, () => {
      const [from, to, ...more] = rule.split('=');
      if (to === undefined || more.length > 0)
        throw new RunnerError('INPUT_INVALID', `"${rule}" is not host:port=host:port`);
      return { from: parseEndpoint(from!), to: parseEndpoint(to) };
    }),
  );
}

export function formatConnectTo({ from, to }: ConnectToRule): string {
  return `${formatEndpoint(from)}=${formatEndpoint(to)}`;
}

/** An address that `parseProxy` understands; stays text. */
export function proxy(): z.ZodType<string> {
  return z.string('must be the address of a proxy').transform((address, context) =>
    tryParse(context, () => {
      parseProxy(address);
      return address;
    }),
  );
}

/** An address that `parseListenAddress` understands. */
export function listenAddress(): z.ZodType<ListenAddress> {
  return z
    .string('must be an address and a port, or a path')
    .transform((address, context) => tryParse(context, () => parseListenAddress(address)));
}

/** The address of a collector, with or without a path; comes out without a slash at its end. */
export function otlpEndpoint(): z.ZodType<string> {
  const wrong = 'must be https://host:port or http://host:port, without user or query';
  return z
    .string(wrong)
    .refine((address) => isPlainUrl(address, ['http:', 'https:']), wrong)
    .transform((address) => address.replace(/\/+$/, ''));
}

/** The address of a syslog server; the port of RFC 5425 if it has none. */
export function syslogServer(): z.ZodType<Endpoint> {
  const wrong = 'must be tls://host:port, without user, path or query';
  return z.string(wrong).transform((address, context) =>
    tryParse(context, () => {
      const { groups } =
        /^tls:\/\/(?<host>\[[^\]]*\]|[^:/?#@]*)(?<port>:\d+)?\/?$/.exec(address) ?? {};
      if (groups === undefined) throw new RunnerError('INPUT_INVALID', wrong);
      return parseEndpoint(`${groups['host']}${groups['port'] ?? ':6514'}`);
    }),
  );
}

export function formatSyslogServer(server: Endpoint): string {
  return `tls://${formatEndpoint(server)}`;
}

/** The address of a document, which `config show` may show: without user or query. */
export function documentUrl(): z.ZodType<string> {
  const wrong = 'must be https://host/path, without user or query';
  return z.string(wrong).refine((address) => isPlainUrl(address, ['https:']), wrong);
}

function isPlainUrl(address: string, protocols: readonly string[]): boolean {
  const url = URL.parse(address);
  return (
    url !== null &&
    protocols.includes(url.protocol) &&
    url.username === '' &&
    url.password === '' &&
    url.search === '' &&
    url.hash === ''
  );
}

/** wss://host:port, with nothing else in it. */
export function controlPlaneUrl(): z.ZodType<string> {
  const wrong = 'must be wss://host or wss://host:port, without user, path or query';
  return z.string(wrong).refine((address) => {
    const url = URL.parse(address);
    return (
      url !== null &&
      url.protocol === 'wss:' &&
      url.hostname !== '' &&
      url.username === '' &&
      url.password === '' &&
      ['', '/'].includes(url.pathname) &&
      url.search === '' &&
      url.hash === ''
    );
  }, wrong);
}

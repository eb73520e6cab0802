import type { Endpoint } from '../../foundation/src/network/endpoint.ts';

/** A host of the policy file: exact, or one wildcard label in front of a suffix. */
export interface HostRule {
  readonly host: string;
  readonly port: number;
  /** `host` is the part after `*.`. The star stands for exactly one label. */
  readonly wildcard: boolean;
}

const LABEL = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?';
const HOST = new RegExp(
  `^(?<star>\\*\\.)?(?<host>${LABEL}(?:\\.${LABEL})*|\\[[0-9a-f:.]+\\])(?::(?<port>\\d{1,5}))?$`,
);

/**
 * Parses `host`, `host:port` or `*.suffix`; undefined for any other text. The default port is 443.
 */
export function parseHostRule(text: string): HostRule | undefined {
  const groups = HOST.exec(text.toLowerCase())?.groups;
  const port = Number(groups?.['port'] ?? 443);
  if (groups === undefined || port < 1 || port > 65_535) return undefined;
  const wildcard = groups['star'] !== undefined;
  const host = groups['host']!.replace(/^\[|\]$/g, '');
  if (wildcard && host.split('.').length < 2) return undefined;
  return { host, port, wildcard };
}

/** `endpoint` must be canonical, as parseEndpoint returns it. */
export function hostMatches(rule: HostRule, endpoint: Endpoint): boolean {
  if (rule.port !== endpoint.port) return false;
  if (!rule.wildcard) return rule.host === endpoint.host;
  const dot = endpoint.host.indexOf('.');
  return dot > 0 && endpoint.host.slice(dot + 1) === rule.host;
}

export function formatHostRule({ host, port, wildcard }: HostRule): string {
  return `${wildcard ? '*.' : ''}${host.includes(':') ? `[${host}]` : host}:${port}`;
}

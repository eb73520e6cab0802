import type { IncomingMessage } from 'node:http';
import type { Accounts } from '../access/accounts.ts';
import type { Sessions } from '../access/sessions.ts';
import type { ApiContext } from '../api/context.ts';
import { altered } from '../control/alter.ts';
import type { Effect } from '../control/fault-rules.ts';
import type { Door, Hosts } from './hosts.ts';
import type { Reply } from './reply.ts';

export interface GatewayContext {
  readonly api: ApiContext;
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly hosts: Hosts;
  readonly organizationName: string;
  readonly isSandbox: boolean;
  readonly now: () => number;
}

/** An HTTP request with its body. */
export interface Received {
  readonly method: string;
  readonly door: Door;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  readonly sourceAddress: string;
}

export interface Outcome {
  readonly reply: Reply;
  /** Response time of the emulated server. */
  readonly serverMillis: number;
  readonly effect: Effect | null;
}

export const JSON_TYPE = 'application/json;charset=UTF-8';

export const reply = (
  status: number,
  contentType: string,
  body: string,
  headers: Record<string, string> = {},
): Reply => ({ status, contentType, headers, body });

/** A page of the edge in front of the API. */
export function page(status: number, text: string): Outcome {
  const body = `<html><head><title>${text}</title></head><body>${text}</body></html>`;
  return { reply: reply(status, 'text/html;charset=UTF-8', body), serverMillis: 0, effect: null };
}

export function jsonOutcome(body: string, serverMillis: number): Outcome {
  return { reply: reply(200, JSON_TYPE, body), serverMillis, effect: null };
}

export type OpenDoor = Extract<Door, { host: string }>;

/** The fault drawn for the request, if any. */
export function draw(
  received: Received,
  door: Pick<OpenDoor, 'host'>,
  { api }: GatewayContext,
): Effect | null {
  const path = received.url.pathname + received.url.search;
  return api.faults.draw({
    level: 'http',
    method: received.method,
    host: door.host,
    path,
    object: null,
  });
}

/**
 * Applies a fault to a response of the edge or the sign-in: a given response, an overload or an
 * altered body.
 */
export function faulty(
  made: Reply,
  effect: Effect | null,
  { api }: GatewayContext,
  serverMillis = api.latency.signIn(),
): Outcome {
  if (effect?.kind === 'alter')
    return { reply: { ...made, body: altered(made.body, effect) }, serverMillis, effect };
  if (effect?.kind === 'unavailable')
    return { reply: { ...made, status: 503, body: '' }, serverMillis, effect };
  if (effect?.kind !== 'respond') return { reply: made, serverMillis, effect };
  const body = typeof effect.body === 'string' ? effect.body : JSON.stringify(effect.body ?? null);
  return {
    reply: {
      ...made,
      status: effect.status,
      headers: { ...made.headers, ...effect.headers },
      body,
    },
    serverMillis,
    effect,
  };
}

export function bearerOf({ headers }: Received): string | null {
  return /^(?:Bearer|OAuth)\s+(\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? null;
}
